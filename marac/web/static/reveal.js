// A value that was asked for hides itself again. The clock waits while the person has put the focus on the value, and
// goes by the time of day: a browser runs timers slowly in a tab that is not looked at, and not at all while it sleeps.
export function start (box) {
  const value = box.querySelector('[data-reveal-value]')
  const status = box.querySelector('[data-reveal-status]')
  let left = Number(box.dataset.reveal) * 1000
  let since = Date.now()
  let held = false

  function hideAgain () {
    value.textContent = '\u2022\u2022\u2022\u2022\u2022\u2022'
    status.textContent = 'Hidden again. Go back to ask for it once more.'
    clearInterval(timer)
  }

  function pass () {
    const now = Date.now()
    if (!held) left -= now - since
    since = now
    if (left <= 0) hideAgain()
  }

  value.focus()
  value.addEventListener('focus', () => { held = true })
  value.addEventListener('blur', () => { held = false })
  window.addEventListener('pagehide', hideAgain)
  document.addEventListener('visibilitychange', pass)
  const timer = setInterval(pass, 1000)
}
