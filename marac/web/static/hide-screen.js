// Hide screen: an ordinary page over everything at once, in every tab. Back within 60 seconds; after that, sign in again.
const SECONDS = 60
const root = document.documentElement
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('casework-cover') : null
const page = { title: '', focus: null, madeInert: [], since: 0, timer: 0, locked: false }

const lockForm = document.querySelector('[data-hide-screen]')
const signOutForm = document.querySelector('[data-sign-out]')

function post (form) {
  return fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), keepalive: true, redirect: 'manual' })
}

function hide () {
  const template = document.getElementById('app-cover')
  if (!template || root.classList.contains('app-covered')) return
  document.dispatchEvent(new CustomEvent('app:save'))
  Object.assign(page, { title: document.title, focus: document.activeElement, since: Date.now() })
  root.classList.add('app-covered')
  document.title = 'New tab'
  document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())
  page.madeInert = [...document.body.children].filter((child) => !child.inert)
  page.madeInert.forEach((child) => { child.inert = true })
  document.body.append(template.content.cloneNode(true))
  document.querySelector('.app-cover [tabindex]').focus()
  page.timer = setTimeout(lock, SECONDS * 1000)
}

function lock () {
  if (page.locked || !lockForm) return
  page.locked = true
  page.madeInert.forEach((child) => child.remove())
  post(lockForm).catch(() => {})
}

function back () {
  if (page.locked || Date.now() - page.since > SECONDS * 1000) return signInAgain()
  clearTimeout(page.timer)
  document.querySelector('.app-cover').remove()
  page.madeInert.forEach((child) => { child.inert = false })
  root.classList.remove('app-covered')
  document.title = page.title
  if (page.focus) page.focus.focus()
}

function signInAgain () {
  lock()
  const leave = () => window.location.replace(document.body.dataset.endUrl)
  if (lockForm) post(lockForm).finally(leave)
  else leave()
}

function leave () {
  document.dispatchEvent(new CustomEvent('app:save'))
  const go = () => window.location.replace(document.body.dataset.leaveUrl)
  root.classList.add('app-ended')
  if (signOutForm) post(signOutForm).catch(() => {})
  setTimeout(go, signOutForm ? 150 : 0)
}

function say (word) {
  if (channel) channel.postMessage(word)
}

export function startHideScreen () {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.key === '.' && lockForm) { event.preventDefault(); hide(); say('hide') }
    if (event.key === 'Escape' && root.classList.contains('app-covered')) { event.preventDefault(); back(); say('back') }
  }, true)
  document.addEventListener('submit', (event) => {
    if (event.target.matches('[data-hide-screen]')) { event.preventDefault(); hide(); say('hide') }
  })
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-cover-back]')) { back(); say('back') }
    if (event.target.closest('[data-leave]')) { event.preventDefault(); leave() }
  })
  if (channel && lockForm) {
    channel.addEventListener('message', ({ data }) => {
      if (data === 'hide') hide()
      if (data === 'back' && root.classList.contains('app-covered')) back()
    })
  }
}
