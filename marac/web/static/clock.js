// The clock of one item: words change, nothing flashes and nothing sounds; two quiet announcements at most.
function minutes (count) {
  return count === 1 ? '1 minute' : `${count} minutes`
}

export function start (clock) {
  const target = Number(clock.dataset.targetMinutes) * 60
  const from = new Date(clock.dataset.started).getTime()
  const words = clock.querySelector('[data-clock-words]')
  const announce = document.querySelector('[data-clock-say]')
  const said = new Set()

  function say (text) {
    if (!announce || said.has(text)) return
    said.add(text)
    announce.textContent = text
  }

  function show () {
    const left = target - Math.floor((Date.now() - from) / 1000)
    const text = left > 0 ? `${minutes(Math.ceil(left / 60))} left` : left > -60 ? 'Time is up' : `Over by ${minutes(Math.floor(-left / 60))}`
    if (words.textContent !== text) words.textContent = text
    if (left <= 120 && left > 110) say('2 minutes left on this item')
    if (left <= 0 && left > -10) say('Time for this item is up')
  }

  show()
  setInterval(show, 1000)
}
