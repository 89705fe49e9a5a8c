// Shortcuts written on the page as data-key="Alt+N": a box gets the cursor at its end, a button or link is pressed.
function keyOf (event) {
  const letter = /^(Key|Digit)(.)$/.exec(event.code || '')
  const key = letter ? letter[2] : event.key
  return [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', key].filter(Boolean).join('+')
}

function use (element) {
  if (element.matches('[data-focus]')) element.focus()
  else if (element.matches('summary')) {
    element.parentElement.open = true
    ;(element.parentElement.querySelector('select, button, a, input') || element).focus()
  } else if (element.matches('input:not([type=radio]):not([type=checkbox]), textarea')) {
    element.focus()
    if (element.setSelectionRange && element.value) element.setSelectionRange(element.value.length, element.value.length)
  } else if (element.matches('button, a[href]')) {
    element.focus()
    element.click()
  } else {
    (element.querySelector('input:checked, input, select, a, button') || element).focus()
  }
}

export function startKeys () {
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.altKey) || event.metaKey || event.shiftKey) return
    if (document.documentElement.classList.contains('app-covered') || document.querySelector('dialog[open]')) return
    const key = keyOf(event)
    const found = key !== 'Ctrl+.' && [...document.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)].find((one) => one.getClientRects().length)
    if (!found) return
    event.preventDefault()
    const form = found.closest('form[data-autosave]')
    if (key === 'Ctrl+S' && form) document.dispatchEvent(new CustomEvent('app:save', { detail: 'asked' }))
    else use(found)
  })
}
