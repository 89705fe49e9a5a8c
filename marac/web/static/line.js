// What the action line says is shown, with weekday and date, before Enter adds it. The server reads the line in either case.
const PAUSE = 250

export function start (preview) {
  const form = preview.closest('form')
  const line = form.elements.line
  let shown = ''
  let timer = 0
  let asked = 0

  async function show () {
    const text = line.value.trim()
    const number = ++asked
    if (!text) { preview.textContent = shown = ''; return }
    const typed = new FormData(form)
    const fields = ['csrf_token', 'item'].map((name) => [name, typed.get(name)])
    try {
      const answer = await fetch(preview.dataset.line, {
        method: 'POST', body: new URLSearchParams([...fields, ['line', text]]), headers: { Accept: 'application/json' }
      })
      const words = answer.ok ? (await answer.json()).words : ''
      if (number !== asked) return
      preview.textContent = words
    } catch { preview.textContent = '' }
    shown = text // also when nothing could be said of it: then Enter sends the form, and the page answers
  }

  line.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(show, PAUSE) })
  line.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !line.value.trim() || shown === line.value.trim()) return
    event.preventDefault()
    clearTimeout(timer)
    show()
  })
  if (line.value) show()
  if (window.location.hash === '#line') line.focus()
}
