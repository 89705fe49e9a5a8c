// A survey that outlives the signal: each tap has a key of its own and waits in this page's memory until the server has it.
// The same tap sent twice makes one line. Nothing is written to the device; without script every tap is a form of its own.
const SLOWEST = 20000
const DOUBLE = 700

export function start (part) {
  const banner = part.querySelector('[data-survey-banner]')
  const waiting = part.querySelector('[data-survey-waiting]')
  const queue = []
  const state = { busy: false, failures: 0, signedOut: false, timer: 0, said: '', last: '', lastAt: 0 }

  function key () {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    return [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('')
  }

  function show () {
    const many = `${queue.length} ${queue.length === 1 ? 'thing is' : 'things are'}`
    const away = state.failures > 0 || !navigator.onLine
    banner.hidden = !queue.length && !state.said && !away
    const kept = queue.length ? ` ${many} kept on this page and will be sent. Keep it open.` : ' Go on: what you tap is kept on this page.'
    banner.textContent = state.said || (away ? `No signal.${kept}` : queue.length ? `Sending. ${many} not saved yet.` : '')
    waiting.replaceChildren(...queue.filter((one) => one.words).map((one) => Object.assign(document.createElement('li'), { textContent: `${one.words} (waiting)` })))
    if (queue.length) document.documentElement.dataset.unsaved = 'yes'
    else delete document.documentElement.dataset.unsaved
    part.dataset.waiting = String(queue.length)
  }

  async function fieldsOf (form, button) {
    const fields = []
    for (const [name, value] of new FormData(form, button)) {
      if (name === 'once_key') continue
      // a picture is read now: what the camera handed over may be gone by the time there is a signal
      if (value instanceof File) { if (value.size) fields.push([name, new Blob([await value.arrayBuffer()], { type: value.type }), 'photo']) } else fields.push([name, value])
    }
    return fields
  }

  async function take (event) {
    const form = event.target
    if (!form.matches('[data-tap]')) return
    event.preventDefault()
    const button = event.submitter
    const mark = `${form.action} ${button && button.value} ${form.elements.room && form.elements.room.value}`
    if (form.dataset.tap === 'new' && mark === state.last && event.timeStamp - state.lastAt < DOUBLE) return
    Object.assign(state, { last: mark, lastAt: event.timeStamp })
    if (form.elements.tap) form.elements.tap.value = key()
    const one = { url: form.action, form: form.dataset.tap, fields: await fieldsOf(form, button), words: wordsOf(form, button) }
    const replaced = form.dataset.tap === 'whole' ? queue.findIndex((other, place) => other.url === one.url && (place > 0 || !state.busy)) : -1
    if (replaced >= 0) queue[replaced] = one
    else queue.push(one)
    if (form.dataset.tap === 'new') for (const name of ['note', 'photo']) if (form.elements[name]) form.elements[name].value = ''
    if (form.elements.quantity && form.dataset.tap === 'new') form.elements.quantity.value = '1'
    state.said = ''
    show()
    send()
  }

  function wordsOf (form, button) {
    const room = form.elements.room && form.querySelector('[name=room]:checked, select[name=room]')
    const where = room ? (room.labels[0] && room.type === 'radio' ? room.labels[0].textContent.trim() : room.selectedOptions[0].textContent.trim()) : ''
    const what = (button && button.dataset.words) || form.dataset.words || (form.elements.photo ? 'Photo' : 'The home')
    return [what, where].filter(Boolean).join(', ')
  }

  async function send () {
    clearTimeout(state.timer)
    if (state.busy || !queue.length) return
    state.busy = true
    if (state.signedOut) await newToken()
    const one = queue[0]
    const body = new FormData()
    for (const field of one.fields) body.append(...field)
    try {
      const answer = await fetch(one.url, { method: 'POST', body, redirect: 'manual', headers: { Accept: 'application/json', 'X-Requested-With': 'tap' } })
      await understood(one, answer)
    } catch { again() } finally { state.busy = false }
    show()
    if (queue.length && !state.failures) send()
    else if (!queue.length) refresh()
  }

  async function understood (one, answer) {
    if (answer.type === 'opaqueredirect' || [401, 403, 419].includes(answer.status)) {
      again()
      state.signedOut = true
      state.said = `Not saved: you have been signed out. Keep this page open, and sign in again in a new tab. ${queue.length} waiting.`
      return
    }
    const body = await answer.json().catch(() => null)
    if (!body || answer.status >= 500) throw new Error(answer.status)
    queue.splice(queue.indexOf(one), 1)
    state.failures = 0
    state.said = answer.ok ? '' : `${one.words || 'That'} was not saved: ${body.message || 'it can no longer be changed here.'}`
    document.dispatchEvent(new CustomEvent('app:contact'))
  }

  function again () {
    state.failures += 1
    state.timer = setTimeout(send, Math.min(SLOWEST, 1000 * 2 ** (state.failures - 1)))
  }

  // The page as the server has it now, as a document: no text is turned into markup here.
  const newestPage = () => new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('GET', window.location.pathname)
    request.responseType = 'document'
    request.onload = () => resolve(request.status === 200 ? request.response : null)
    request.onerror = () => resolve(null)
    request.send()
  })

  async function refresh () {
    const page = await newestPage()
    const newest = page && page.querySelector('[data-survey-lines]')
    if (newest && !queue.length) part.querySelector('[data-survey-lines]').replaceChildren(...newest.childNodes)
  }

  // After signing in again in another tab, what waits is sent under the new session.
  async function newToken () {
    const page = await newestPage()
    const token = page && page.querySelector('[data-survey] [name=csrf_token]')
    if (!token) return
    state.signedOut = false
    for (const one of queue) one.fields = one.fields.map(([name, ...rest]) => name === 'csrf_token' ? [name, token.value] : [name, ...rest])
    for (const box of part.querySelectorAll('[name=csrf_token]')) box.value = token.value
  }

  function beforeLeaving (event) {
    if (queue.length) event.preventDefault()
  }

  part.addEventListener('submit', take)
  for (const form of part.querySelectorAll('.app-survey__finish')) {
    form.addEventListener('submit', (event) => {
      if (!queue.length) return
      event.preventDefault()
      state.said = 'Wait until everything is sent, then finish. Keep this page open.'
      show()
      banner.focus()
    })
  }
  window.addEventListener('online', () => { state.failures = 0; send(); show() })
  window.addEventListener('offline', show)
  window.addEventListener('beforeunload', beforeLeaving)
  document.addEventListener('app:contact-again', () => send())
  show()
}
