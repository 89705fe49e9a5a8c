// A value that was asked for hides itself again. The clock waits while the person has put the focus on the value.
export function start (box) {
  const value = box.querySelector('[data-reveal-value]')
  const status = box.querySelector('[data-reveal-status]')
  let left = Number(box.dataset.reveal)
  let held = false

  function hideAgain () {
    value.textContent = '\u2022\u2022\u2022\u2022\u2022\u2022'
    status.textContent = 'Hidden again. Go back to ask for it once more.'
    clearInterval(timer)
  }

  value.focus()
  value.addEventListener('focus', () => { held = true })
  value.addEventListener('blur', () => { held = false })
  window.addEventListener('pagehide', hideAgain)
  const timer = setInterval(() => {
    if (!held) left -= 1
    if (left <= 0) hideAgain()
  }, 1000)
}
