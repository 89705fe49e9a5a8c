// The Run screen: S, N and A answer the agency that has the focus, arrows move between agencies; digits go to a case; and
// Ctrl+Enter goes from the minutes to the action line. All of it is off when the person has turned shortcuts off.
const DIGITS = 900
const MARKS = { s: 'shared', n: 'nothing', a: 'absent' }
const STEP = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }
const on = () => document.body.dataset.shortcuts !== 'off'

function startHeard (group) {
  const selects = [...group.querySelectorAll('select')]
  const summary = group.closest('details').querySelector('.govuk-details__summary-text')
  group.addEventListener('keydown', (event) => {
    if (!on() || event.ctrlKey || event.altKey || event.metaKey || event.target.tagName !== 'SELECT') return
    const place = selects.indexOf(event.target)
    const mark = MARKS[event.key.toLowerCase()]
    const to = mark ? place + 1 : STEP[event.key] ? place + STEP[event.key] : -1
    if (!mark && !STEP[event.key]) return
    event.preventDefault()
    if (mark) {
      event.target.value = mark
      event.target.dispatchEvent(new Event('change', { bubbles: true }))
    }
    if (selects[to]) selects[to].focus()
  })
  group.addEventListener('change', (event) => {
    event.target.closest('.app-chip').classList.toggle('app-chip--done', Boolean(event.target.value))
    summary.textContent = `Heard from ${selects.filter((one) => one.value).length} of ${selects.length}`
  })
}

function startNumbers (agenda) {
  let typed = ''
  let timer = 0
  agenda.addEventListener('keydown', (event) => {
    if (!on() || event.ctrlKey || event.altKey || event.metaKey || !/^\d$/.test(event.key)) return
    typed += event.key
    clearTimeout(timer)
    timer = setTimeout(() => { typed = '' }, DIGITS)
    const link = agenda.querySelector(`[data-number="${Number(typed)}"]`)
    if (link) link.focus()
  })
}

export function start (screen) {
  const group = screen.querySelector('[data-heard]')
  const agenda = screen.querySelector('[data-numbers]')
  if (group) startHeard(group)
  if (agenda) startNumbers(agenda)
  screen.addEventListener('keydown', (event) => {
    if (!on() || event.key !== 'Enter' || !event.ctrlKey || !event.target.matches('textarea')) return
    event.preventDefault()
    screen.querySelector('[name=line]').focus()
  })
}
