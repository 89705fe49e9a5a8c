// The shared screen looks by itself whether there is something new; without script there is a link. It is no sign of life.
const EVERY = 3000

export function start (part) {
  let mark = part.dataset.mark

  // A request that answers with a document: no text is turned into markup here.
  const newestPage = () => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('GET', window.location.pathname)
    request.responseType = 'document'
    request.setRequestHeader('X-Requested-With', 'poll')
    request.onload = () => resolve(request.status === 200 ? request.response : null)
    request.onerror = reject
    request.send()
  })

  async function look () {
    if (document.hidden || document.documentElement.classList.contains('app-covered')) return
    try {
      const answer = await fetch(part.dataset.lookAgain, { headers: { Accept: 'application/json', 'X-Requested-With': 'poll' }, redirect: 'manual' })
      if (answer.type === 'opaqueredirect' || answer.status === 404) return window.location.reload()
      if (!answer.ok) return
      const newest = (await answer.json()).mark
      if (newest === mark) return
      mark = newest
      const page = await newestPage()
      const found = page && page.querySelector('[data-look-again]')
      if (!found) return
      part.replaceChildren(...found.childNodes)
      for (const clock of part.querySelectorAll('[data-clock]')) (await import('./clock.js')).start(clock)
    } catch { /* no line: it looks again */ }
  }

  setInterval(look, EVERY)
}
