// Boxes that belong to one answer show when it is chosen. Ours, because the library puts aria-expanded on radios, which
// their role does not allow.
function show (input) {
  const box = document.getElementById(input.dataset.ariaControls)
  const kind = input.type === 'radio' ? 'radios' : 'checkboxes'
  if (box) box.classList.toggle(`govuk-${kind}__conditional--hidden`, !input.checked)
}

export function startConditions () {
  const inputs = [...document.querySelectorAll('input[data-aria-controls]')]
  if (!inputs.length) return
  const showAll = () => inputs.forEach(show)
  document.addEventListener('change', showAll)
  window.addEventListener('pageshow', showAll)
  showAll()
}
