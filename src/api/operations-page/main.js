/**
 * The page: shows the view that the address names, and asks again every few seconds while somebody
 * looks.
 */
import { key, KeyRefused, NoAnswer } from './api.js';
import { openDialog } from './dialog.js';
import { byId, h, patch } from './dom.js';
import { showFrame } from './frame.js';
import { createFreshness } from './freshness.js';
import { keyForm } from './key-form.js';
import { heading, problemBox } from './parts.js';
import * as questions from './questions.js';
import { href } from './routes.js';
import { viewAt } from './views.js';

/** @import { Act, Outcome, Summary, View } from './types.d.ts' */

// Soon enough for somebody who waits for an order to move, and little work for the database.
const EVERY_MS = 5_000;

const [top, main, notice] = [byId('top'), byId('main'), byId('notice')];
const freshness = createFreshness(EVERY_MS, () => void refresh());
const searchForm = /** @type {HTMLFormElement} */ (byId('search'));
const q = /** @type {HTMLInputElement} */ (byId('q'));

/** @type {View} */
let view = viewAt(location.hash, propose);
/** @type {(() => Node[]) | undefined} */
let picture;
let asking = new AbortController();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;
// What came of an act is read in the view that the act leads to.
let isOutcomeNew = false;

listen();
open(false);

function listen() {
  window.onhashchange = () => open(true);
  document.onvisibilitychange = () => void refresh();
  document.onkeydown = focusSearch;
  searchForm.onsubmit = (event) => {
    event.preventDefault();
    const wanted = href.search(q.value.trim());
    if (wanted === location.hash) void refresh();
    else location.hash = wanted;
  };
  byId('leave').onclick = () => {
    key.forget();
    showKeyForm();
  };
  const skip = /** @type {HTMLElement} */ (document.querySelector('.skip'));
  skip.onclick = (event) => {
    // What stands behind the # is the view's.
    event.preventDefault();
    main.focus();
  };
}

/** @param {KeyboardEvent} event */
function focusSearch(event) {
  const { ctrlKey, metaKey, altKey, target } = event;
  const isTyped = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  if (event.key !== '/' || ctrlKey || metaKey || altKey || isTyped) return;
  if (document.querySelector('dialog') !== null) return;
  event.preventDefault();
  q.focus();
  q.select();
}

/** @param {boolean} isMove whether somebody has come here from another view */
function open(isMove) {
  view = viewAt(location.hash, propose);
  picture = undefined;
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  if (isMove && !isOutcomeNew) notice.replaceChildren();
  isOutcomeNew = false;
  document.title = `${view.title} · makegood operations`;
  if (key.read() === null) {
    showKeyForm();
    return;
  }
  top.classList.remove('locked');
  main.replaceChildren(heading(view.title), h('p', { class: 'hint' }, 'Asking…'));
  if (isMove) {
    window.scrollTo(0, 0);
    focusHeading();
  }
  void refresh();
}

function focusHeading() {
  main.querySelector('h1')?.focus({ preventScroll: true });
}

async function refresh() {
  clearTimeout(next);
  asking.abort();
  if (key.read() === null || document.hidden) return;
  asking = new AbortController();
  const { signal } = asking;
  try {
    const asked = questions.summary(signal);
    const [summary, draw] = await Promise.all([asked, view.load(signal, asked)]);
    if (signal.aborted) return;
    freshness.answered();
    showFrame(summary, propose);
    showTitle(summary);
    show(draw);
  } catch (error) {
    if (signal.aborted) return;
    wrong(error);
  }
  next = setTimeout(() => void refresh(), view.everyMs ?? EVERY_MS);
}

/** @param {unknown} error */
function wrong(error) {
  if (error instanceof KeyRefused) {
    key.forget();
    showKeyForm(error);
  } else if (error instanceof NoAnswer) {
    freshness.unanswered(error);
    // Ages go on, although the news does not.
    if (picture !== undefined) show(picture);
  } else {
    freshness.answered();
    show(() => [heading(view.title), problemBox(error)]);
  }
}

/** @param {() => Node[]} draw */
function show(draw) {
  picture = draw;
  const hadFocus = main.contains(document.activeElement);
  patch(main, draw());
  // What had it is gone, as a step is that was decided: it must not fall back to the top of the page.
  if (hadFocus && !main.contains(document.activeElement)) focusHeading();
}

/** @param {Summary} summary */
function showTitle({ parked, blocked }) {
  const n = parked + blocked;
  document.title = `${n > 0 ? `(${n}) ` : ''}${view.title} · makegood operations`;
}

/** @param {unknown} [refused] */
function showKeyForm(refused) {
  clearTimeout(next);
  asking.abort();
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  top.classList.add('locked');
  main.replaceChildren(keyForm(refused, () => open(true)));
  byId('key').focus();
}

/** @param {Act} act */
function propose(act) {
  openDialog(act, done);
}

/** @param {Outcome} outcome */
function done({ said, leadsTo }) {
  notice.replaceChildren(h('p', {}, said));
  if (leadsTo === undefined) {
    void refresh();
    return;
  }
  isOutcomeNew = true;
  location.hash = leadsTo;
}
