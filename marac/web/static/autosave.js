// Saves a form marked data-autosave 2 seconds after a pause and at least every 10 while typing. Keeps nothing on the device.
const PAUSE = 2000
const LONGEST = 10000
const SLOWEST = 30000

export function start (form) {
  const status = form.querySelector('[data-save-status]')
  const saved = { changed: 0, timer: 0, busy: false, failures: 0, stopped: false }

  function say (text, kind = '', link = null) {
    if (!status) return
    status.className = `app-save${kind ? ` app-save--${kind}` : ''}`
    status.replaceChildren(text)
    if (!link) return
    const element = Object.assign(document.createElement(link.href ? 'a' : 'button'), { textContent: link.text, className: link.href ? 'govuk-link app-target' : 'app-link-button' })
    if (link.href) element.href = link.href
    else { element.type = 'button'; element.addEventListener('click', link.press) }
    if (link.newTab) element.target = '_blank'
    status.append(' ', element)
  }

  function copy () {
    const texts = [...form.querySelectorAll('textarea, input[type=text], input[type=tel], input[type=email]')].map((box) => box.value).filter(Boolean)
    navigator.clipboard.writeText(texts.join('\n\n'))
  }

  function soon (wait) {
    clearTimeout(saved.timer)
    saved.timer = setTimeout(save, wait)
  }

  function onChange () {
    if (saved.stopped) return
    saved.changed ||= Date.now()
    document.documentElement.dataset.unsaved = 'yes'
    if (!saved.failures) soon(Math.max(0, Math.min(PAUSE, saved.changed + LONGEST - Date.now())))
  }

  async function save ({ leaving = false } = {}) {
    if (saved.busy || saved.stopped) return
    const began = saved.changed
    const slow = setTimeout(() => say('Saving'), 700)
    saved.busy = true
    saved.changed = 0
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), keepalive: leaving, redirect: 'manual',
        headers: { Accept: 'application/json', 'X-Requested-With': 'autosave' }
      })
      await understand(answer)
    } catch { again(began) } finally {
      clearTimeout(slow)
      saved.busy = false
    }
    if (saved.changed && !saved.failures) soon(PAUSE)
  }

  async function understand (answer) {
    if (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 419) return signedOut()
    const body = await answer.json()
    if (answer.ok) return kept(body)
    if (answer.status === 409) {
      saved.stopped = true
      return say(body.message || 'Someone else changed this.', 'failed', { text: 'Choose which version to keep', href: body.url || window.location.href })
    }
    if (answer.status === 422) return say(body.message || 'Not saved yet. Check what you typed.', 'failed')
    throw new Error(answer.status)
  }

  function kept (body) {
    saved.failures = 0
    if (!saved.changed && body.saved) delete document.documentElement.dataset.unsaved
    if (form.elements.version && body.version) takeIn(body)
    if (body.url) {
      saved.stopped = true
      return say(body.message, 'failed', { text: 'Open the page again', href: body.url })
    }
    say(body.message || `Saved ${body.saved}`, 'saved')
    document.dispatchEvent(new CustomEvent('app:contact'))
  }

  // What others have saved meanwhile, in boxes that nobody is typing in here; the rest stays as it is.
  function takeIn (body) {
    form.elements.version.value = body.version
    const newer = Object.entries(body.newer || {})
    if (saved.changed || newer.some(([name]) => !form.elements[name] || form.elements[name] === document.activeElement)) return
    for (const [name, text] of newer) form.elements[name].value = text
    if (newer.length) form.elements.version.value = body.newer_version
  }

  function again (began) {
    saved.failures += 1
    saved.changed ||= began || Date.now()
    say('Not saved. Trying again. Keep this tab open.', 'failed', { text: 'Copy text', press: copy })
    soon(Math.min(SLOWEST, PAUSE * 2 ** (saved.failures - 1)))
  }

  function signedOut () {
    again(Date.now())
    say('Not saved. You have been signed out. Keep this tab open.', 'failed', { text: 'Sign in again in a new tab', href: document.body.dataset.endUrl, newTab: true })
  }

  say(status ? status.dataset.saveStatus : '')
  form.addEventListener('input', onChange)
  form.addEventListener('change', onChange)
  form.addEventListener('submit', () => { clearTimeout(saved.timer); saved.stopped = true; delete document.documentElement.dataset.unsaved })
  document.addEventListener('app:contact-again', () => { if (saved.failures && !saved.stopped) soon(0) })
  document.addEventListener('app:save', ({ detail }) => { if (saved.changed || detail === 'asked') save({ leaving: detail !== 'asked' }) })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden' && saved.changed) save({ leaving: true }) })
  window.addEventListener('pagehide', () => { if (saved.changed) save({ leaving: true }) })
  window.addEventListener('beforeunload', (event) => { if (saved.failures) event.preventDefault() })
}
