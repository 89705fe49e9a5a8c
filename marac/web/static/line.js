// What the action line says is shown, with weekday and date, before Enter adds it. The server reads the line in either case.
// What it could mean is a listbox under the line; what is missing is asked in a small field. Nothing typed is thrown away.
const PAUSE = 250

export function start (preview) {
  const form = preview.closest('form')
  const line = form.elements.line
  const list = document.getElementById('line-choices')
  const small = form.querySelector('[data-line-fields]')
  const safe = form.querySelector('[data-line-safe]')
  const state = { shown: '', timer: 0, asked: 0, answer: null, active: -1 }
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-expanded': 'false', 'aria-controls': list.id, 'aria-autocomplete': 'list' })) line.setAttribute(name, value)

  async function show () {
    const text = line.value.trim()
    const number = ++state.asked
    close()
    state.answer = null
    if (!text) {
      preview.textContent = safe.textContent = state.shown = ''
      form.elements.editing.value = ''
      return
    }
    const typed = new FormData(form)
    const fields = ['csrf_token', 'item'].map((name) => [name, typed.get(name)])
    try {
      const answer = await fetch(preview.dataset.line, {
        method: 'POST', body: new URLSearchParams([...fields, ['line', text]]), headers: { Accept: 'application/json' }
      })
      const said = answer.ok ? await answer.json() : null
      if (number !== state.asked) return
      understood(said)
    } catch { preview.textContent = '' }
    state.shown = text // also when nothing could be said of it: then Enter sends the form, and the page answers
  }

  function understood (said) {
    state.answer = said
    const count = said ? said.choices.length : 0
    const changing = form.elements.editing.value ? 'Changing an action. ' : ''
    preview.textContent = said ? `${changing}${said.words}${count ? `. ${count} to choose from, with the down arrow` : ''}` : ''
    safe.textContent = said && said.safe ? `Safe contact: ${said.safe}` : ''
    list.replaceChildren(...(said ? said.choices : []).map((one, place) => {
      const option = Object.assign(document.createElement('li'), { id: `line-choice-${place}`, textContent: one.words })
      option.setAttribute('role', 'option')
      option.setAttribute('aria-selected', 'false')
      option.addEventListener('pointerdown', (event) => { event.preventDefault(); take(place) })
      return option
    }))
    if (count) open()
  }

  function open () { list.hidden = false; line.setAttribute('aria-expanded', 'true') }

  function close () {
    list.hidden = true
    line.setAttribute('aria-expanded', 'false')
    move(-1)
  }

  function move (to) {
    state.active = to
    for (const [place, option] of [...list.children].entries()) option.setAttribute('aria-selected', String(place === to))
    if (to < 0) line.removeAttribute('aria-activedescendant')
    else {
      line.setAttribute('aria-activedescendant', list.children[to].id)
      list.children[to].scrollIntoView({ block: 'nearest' })
    }
  }

  function take (place) {
    line.value = state.answer.choices[place].line
    clearTimeout(state.timer)
    show()
  }

  function ask () {
    const { fields, missing } = state.answer
    small.open = true
    for (const [name, value] of Object.entries(fields)) if (value) form.elements[name].value = value
    form.elements[missing].focus()
  }

  function again (button) {
    line.value = button.dataset.lineAgain
    form.elements.protects.value = button.dataset.protects
    form.elements.editing.value = button.value.split(':')[1]
    line.focus()
    show()
  }

  function onEnter (event) {
    if (!line.value.trim()) return
    const seen = state.shown === line.value.trim()
    if (seen && !(state.answer && state.answer.missing)) return
    event.preventDefault()
    clearTimeout(state.timer)
    if (!seen) show()
    else if (state.active >= 0) take(state.active)
    else if (state.answer.choices.length) open()
    else ask()
  }

  line.addEventListener('input', () => { clearTimeout(state.timer); state.timer = setTimeout(show, PAUSE) })
  line.addEventListener('blur', () => setTimeout(close, 150))
  line.addEventListener('keydown', (event) => {
    const count = state.answer ? state.answer.choices.length : 0
    const changes = form.querySelectorAll('[data-line-again]')
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key === 'Enter') onEnter(event)
    else if (event.key === 'Escape' && !list.hidden) { event.preventDefault(); close() }
    else if (event.key === 'ArrowUp' && !line.value && changes.length) { event.preventDefault(); again(changes[changes.length - 1]) }
    else if (count && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault()
      open()
      move((state.active + (event.key === 'ArrowDown' ? 1 : state.active < 0 ? 0 : -1) + count) % count)
    }
  })
  small.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('input, select')) return
    event.preventDefault()
    small.querySelector('button').click()
  })
  for (const button of form.querySelectorAll('[data-line-again]')) button.addEventListener('click', (event) => { event.preventDefault(); again(button) })
  if (line.value) show()
  if (window.location.hash === '#line') line.focus()
}
