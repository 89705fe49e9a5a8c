// Starts what the page asks for. Every page works without any of it.
import { Button, CharacterCount, ErrorSummary, PasswordInput, ServiceNavigation, SkipLink, createAll } from './vendor/govuk-frontend.min.js'
import { startConditions } from './conditions.js'
import { startHideScreen } from './hide-screen.js'
import { startTimeout } from './timeout.js'
import { startKeys } from './keys.js'

const PAGE_PARTS = {
  '[data-autosave]': './autosave.js',
  '[data-clock]': './clock.js',
  '[data-keys="answers"]': './dash-keys.js',
  '[data-keys="research"]': './research-keys.js',
  '[data-line]': './line.js',
  '[data-look-again]': './look-again.js',
  '[data-passkey]': './passkeys.js',
  '[data-reveal]': './reveal.js',
  '[data-survey]': './survey.js',
  '.app-run': './run.js'
}

// A page brought back from the browser's memory may show what has since been hidden: fetch it again.
window.addEventListener('pageshow', (event) => { if (event.persisted) window.location.reload() })

startHideScreen()
startTimeout()
if (document.body.dataset.shortcuts !== 'off') startKeys()
for (const component of [Button, CharacterCount, ErrorSummary, PasswordInput, ServiceNavigation, SkipLink]) createAll(component)
startConditions()
const parts = Object.entries(PAGE_PARTS).map(async ([selector, module]) => {
  const found = document.querySelectorAll(selector)
  if (!found.length) return
  const { start } = await import(module)
  found.forEach((element) => start(element))
})
Promise.all(parts).then(() => { document.documentElement.dataset.ready = 'yes' })
