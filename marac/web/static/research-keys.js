// The research sheet: boxes open when "Known" is chosen; N and K answer the person that has focus, R goes to the rest. Without script all boxes show.
const ANSWERS = { n: 'not_known', k: 'known' }

export function start (form) {
  const rows = [...form.querySelectorAll('.app-research__row')]
  const chosen = (row) => row.querySelector('.app-research__answer input[type=radio]:checked')

  function show () {
    for (const row of rows) {
      const boxes = row.querySelector('.app-research__known')
      const input = chosen(row)
      if (boxes) boxes.hidden = !(input && input.value === 'known')
    }
    const count = document.querySelector('[data-count="replied"]')
    if (count) count.textContent = `${rows.filter(chosen).length} of ${rows.length}`
  }

  form.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.type !== 'radio') return
    if (document.body.dataset.shortcuts === 'off') return
    const rest = document.querySelector('#send button[value=rest]')
    if (event.key.toLowerCase() === 'r' && rest) { event.preventDefault(); rest.focus(); return }
    const row = event.target.closest('.app-research__row')
    const input = row && row.querySelector(`.app-research__answer input[value="${ANSWERS[event.key.toLowerCase()]}"]`)
    if (!input) return
    event.preventDefault()
    input.checked = true
    input.dispatchEvent(new Event('change', { bubbles: true }))
    const next = rows[rows.indexOf(row) + 1]
    const target = input.value === 'known' ? row.querySelector('.app-research__known :is(input, textarea)') : next && (chosen(next) || next.querySelector('input[type=radio]'))
    if (target) target.focus()
  })
  form.addEventListener('click', (event) => {
    const button = event.target.closest('[data-copy]')
    if (button) navigator.clipboard.writeText(button.dataset.copy)
  })
  form.addEventListener('change', show)
  show()
}
