// The clock of one case: counts on from what the server says. Words change, nothing flashes and nothing sounds; it speaks
// once when two minutes are left and once when time is up.
const minutes = (count) => count === 1 ? '1 minute' : `${count} minutes`
const time = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: 'numeric', minute: '2-digit', hour12: true })

export function start (clock) {
  const form = clock.closest('form')
  const target = Number(clock.dataset.targetMinutes) * 60
  const words = clock.querySelector('[data-clock-words]')
  const announce = document.querySelector('[data-clock-say]')
  const finish = document.querySelector('[data-clock-finish]')
  const button = form && form.querySelector('[data-clock-switch]')
  const state = { elapsed: Number(clock.dataset.elapsed), at: Date.now(), paused: clock.dataset.paused === 'yes', left: null }

  const elapsed = () => state.elapsed + (state.paused ? 0 : Math.floor((Date.now() - state.at) / 1000))

  function wording (left) {
    const so = `${Math.floor((target - left) / 60)} of ${minutes(target / 60)}`
    if (state.paused) return `${so}, paused`
    if (left > 0) return `${so}, ${minutes(Math.ceil(left / 60))} left`
    return left > -60 ? `${so}, time is up` : `${so}, over by ${Math.floor(-left / 60)}`
  }

  function show () {
    const left = target - elapsed()
    const text = wording(left)
    if (words.textContent !== text) words.textContent = text
    if (announce && state.left !== null) {
      if (state.left > 120 && left <= 120) announce.textContent = '2 minutes left on this case'
      if (state.left > 0 && left <= 0) announce.textContent = 'Time for this case is up'
    }
    state.left = left
    if (finish && clock.dataset.rest) {
      const ends = time.format(Date.now() + 2000 + (Math.max(left, 0) + Number(clock.dataset.rest)) * 1000).replace(':00', '').replace(' ', '')
      if (finish.textContent !== ends) finish.textContent = ends
    }
  }

  async function press (event) {
    event.preventDefault()
    const typed = new FormData(form)
    const fields = ['csrf_token', 'item'].map((name) => [name, typed.get(name)])
    try {
      const answer = await fetch(clock.dataset.clock, {
        method: 'POST', headers: { Accept: 'application/json' },
        body: new URLSearchParams([...fields, ['pause', state.paused ? 'no' : 'yes']])
      })
      if (!answer.ok) return
      const said = await answer.json()
      Object.assign(state, { elapsed: said.elapsed, at: Date.now(), paused: said.paused })
      button.querySelector('[data-clock-label]').textContent = said.paused ? 'Resume' : 'Pause'
      show()
    } catch { /* no line: the clock goes on as the server last knew it */ }
  }

  if (button) button.addEventListener('click', press)
  show()
  setInterval(show, 1000)
}
