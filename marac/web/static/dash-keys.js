// Y, N or D answers the question that has focus and moves on; the count follows. A count, never a verdict.
const ANSWERS = { y: 'yes', n: 'no', d: 'dont_know' }

export function start (form) {
  const questions = [...form.querySelectorAll('[data-question]')]
  const chosen = (question) => question.querySelector('input[type=radio]:checked')

  function countUp () {
    const answers = questions.map(chosen).filter(Boolean)
    const yes = form.querySelector('[data-count="yes"]')
    const answered = form.querySelector('[data-count="answered"]')
    if (yes) yes.textContent = `${answers.filter((input) => input.value === 'yes').length} yes`
    if (answered) answered.textContent = `${answers.length} of ${questions.length} answered`
    const rise = form.querySelector('[data-count="rise"]')
    const yesses = answers.filter((input) => input.value === 'yes').length
    const unknown = answers.filter((input) => input.value === 'dont_know').length
    if (rise) rise.textContent = unknown ? `, could rise to ${yesses + unknown}` : ''
  }

  function moveOn (question) {
    const next = questions[questions.indexOf(question) + 1]
    const target = next ? chosen(next) || next.querySelector('input[type=radio]') : form.querySelector('button[type=submit]')
    if (target) target.focus()
  }

  form.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.type !== 'radio') return
    if (document.body.dataset.shortcuts === 'off') return
    const question = event.target.closest('[data-question]')
    const input = question && question.querySelector(`input[type=radio][value="${ANSWERS[event.key.toLowerCase()]}"]`)
    if (!input) return
    event.preventDefault()
    input.checked = true
    input.dispatchEvent(new Event('change', { bubbles: true }))
    moveOn(question)
  })
  form.addEventListener('change', countUp)
  countUp()
}
