// The shared screen looks by itself whether there is something new; without script there is a link. It is no sign of life.
const EVERY = 3000

export function start (part) {
  let mark = part.dataset.mark
  const ask = (url, kind) => fetch(url, { headers: { Accept: kind, 'X-Requested-With': 'poll' }, redirect: 'manual' })

  async function look () {
    if (document.hidden || document.documentElement.classList.contains('app-covered')) return
    try {
      const answer = await ask(part.dataset.lookAgain, 'application/json')
      if (answer.type === 'opaqueredirect' || answer.status === 404) return window.location.reload()
      if (!answer.ok) return
      const newest = (await answer.json()).mark
      if (newest === mark) return
      mark = newest
      const page = await ask(window.location.pathname, 'text/html')
      if (!page.ok) return
      const found = new DOMParser().parseFromString(await page.text(), 'text/html').querySelector('[data-look-again]')
      if (!found) return
      part.replaceChildren(...found.childNodes)
      for (const clock of part.querySelectorAll('[data-clock]')) (await import('./clock.js')).start(clock)
    } catch { /* no line: it looks again */ }
  }

  setInterval(look, EVERY)
}
