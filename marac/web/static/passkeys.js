// A passkey form: asks the service what to ask the browser, shows the browser's own dialog, and sends what it answers.
const SAY = {
  stopped: 'The passkey was not used. Press the button to try again.',
  old: 'This page was open too long. Load it again.',
  silent: 'The service did not answer. Try again.'
}

async function ask (box, form) {
  const answer = await fetch(box.dataset.optionsUrl, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ csrf_token: form.elements.csrf_token.value })
  })
  if (!answer.ok) throw new Error(answer.status < 500 ? 'old' : 'silent')
  return answer.json()
}

async function dialog (make, options) {
  const publicKey = make ? PublicKeyCredential.parseCreationOptionsFromJSON(options) : PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const found = await (make ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }))
  return JSON.stringify(found.toJSON())
}

export function start (box) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON || /^[\d.]+$|^\[/.test(window.location.hostname)) return
  const form = box.querySelector('form')
  const status = box.querySelector('[data-passkey-status]')
  box.querySelector('[data-passkey-without]').hidden = true
  box.querySelector('[data-passkey-with]').hidden = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    status.textContent = 'Follow what your browser asks.'
    try {
      form.elements.answer.value = await dialog(box.dataset.passkey === 'make', await ask(box, form))
      form.submit()
    } catch (problem) {
      status.textContent = SAY[problem.message] || SAY.stopped
    }
  })
}
