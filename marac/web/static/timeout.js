// Warns two minutes before the sign-in ends; typing counts as being here. Limits come from the page: data-idle-seconds.
const WARN = 120
const SAY_AT = [60, 20]
const ASKED = 3000
const body = document.body
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('casework-contact') : null
const state = { contact: Date.now(), dialog: null, said: new Set(), asking: false, ended: false }

function inTouch (tellOthers) {
  state.contact = Date.now()
  state.ended = false
  state.said.clear()
  if (state.dialog && state.dialog.open) state.dialog.close()
  if (tellOthers && channel) channel.postMessage('contact')
}

async function keep () {
  const token = document.querySelector('input[name="csrf_token"]')
  if (!body.dataset.keepUrl || !token || state.asking) return
  state.asking = true
  try {
    const answer = await fetch(body.dataset.keepUrl, { method: 'POST', body: new URLSearchParams({ csrf_token: token.value }), redirect: 'manual' })
    if (answer.ok) inTouch(true)
    else if (answer.type === 'opaqueredirect' || answer.status === 401) end()
  } catch { /* no line: the countdown goes on and the page stays */ } finally { state.asking = false }
}

function end () {
  if (state.ended) return
  state.ended = true
  document.dispatchEvent(new CustomEvent('app:save'))
  setTimeout(go, unsaved() ? ASKED : 0)
}

// Text that could not be saved stays on the screen, with the way to sign in again beside it: it is nowhere else.
function go () {
  if (unsaved()) return state.dialog && state.dialog.open && state.dialog.close()
  document.documentElement.classList.add('app-ended')
  window.location.replace(body.dataset.endUrl)
}

function unsaved () {
  return document.documentElement.dataset.unsaved === 'yes'
}

function makeDialog () {
  body.append(document.getElementById('app-idle').content.cloneNode(true))
  const dialog = body.querySelector('.app-dialog')
  dialog.querySelector('[data-stay]').addEventListener('click', keep)
  dialog.querySelector('[data-end]').addEventListener('click', () => {
    const form = document.querySelector('[data-sign-out]')
    if (form) form.requestSubmit()
    else end()
  })
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); keep() })
  return dialog
}

function inWords (seconds) {
  if (seconds > 60) return '2 minutes'
  return seconds > 20 ? '1 minute' : `${seconds} seconds`
}

function warn (left) {
  state.dialog ||= makeDialog()
  if (!state.dialog.open) {
    state.dialog.showModal()
    state.dialog.querySelector('[data-stay]').focus()
  }
  state.dialog.querySelector('[data-countdown]').textContent = `We will sign you out in ${inWords(left)}.`
  const step = SAY_AT.find((at) => left <= at && left > at - 5 && !state.said.has(at))
  if (step) {
    state.said.add(step)
    state.dialog.querySelector('[data-announce]').textContent = `We will sign you out in ${inWords(step)}.`
  }
}

export function startTimeout () {
  const idle = Number(body.dataset.idleSeconds)
  if (!idle) return
  const being = () => { if (Date.now() - state.contact > 60000 && !(state.dialog && state.dialog.open)) keep() }
  for (const kind of ['keydown', 'pointerdown']) document.addEventListener(kind, being, { passive: true })
  document.addEventListener('app:contact', () => inTouch(true))
  if (channel) {
    channel.addEventListener('message', () => { inTouch(false); document.dispatchEvent(new CustomEvent('app:contact-again')) })
    channel.postMessage('contact')
  }
  setInterval(() => {
    const left = Math.round(idle - (Date.now() - state.contact) / 1000)
    if (document.documentElement.classList.contains('app-covered')) return
    if (left <= 0) end()
    else if (left <= WARN) warn(left)
  }, 1000)
}
