/**
 * What is about to be done, in words, and the question why. Nothing is done without it. While it is
 * not known whether the last try took effect, only the very same can be sent again.
 */
import { newIdempotencyKey, NoAnswer, Refused } from './api.js';
import { byId, h } from './dom.js';
import { problemBox } from './parts.js';

/** @import { Act, Field, Outcome, Values } from './types.d.ts' */

// As the API has it.
const LONGEST_WHY = 1_000;

/** @type {Field} */
const WHY = {
  name: 'why',
  label: 'Why',
  hint: 'Written down with your name, and asked for afterwards. Name no customer.',
  lines: 3,
  check(value) {
    if (value.trim() === '') return 'Say why: somebody will ask.';
    return value.length > LONGEST_WHY ? `At most ${LONGEST_WHY} characters.` : undefined;
  },
};

/**
 * @param {Act} act
 * @param {(outcome: Outcome) => void} done
 */
export function openDialog(act, done) {
  const fields = [...act.fields, WHY].map(drawField);
  const values = () =>
    Object.fromEntries(fields.map(({ field, input }) => [field.name, input.value.trim()]));
  const confirm = h('button', { class: act.isGrave ? 'grave' : 'main', type: 'submit' });
  const name = () => (confirm.textContent = act.confirm(values()));
  const trouble = h('div', { role: 'alert' });
  const leave = h('button', { type: 'button', onclick: () => dialog.close() }, 'Leave it as it is');
  const form = h(
    'form',
    { novalidate: true },
    h('h2', { id: 'act-title' }, act.title),
    h('div', { id: 'act-says' }, ...act.says.map((line) => h('p', {}, line))),
    ...fields.map(({ box }) => box),
    trouble,
    h('div', { class: 'buttons' }, confirm, leave),
  );
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'act-title', 'aria-describedby': 'act-says' },
    form,
  );
  const sending = createSending(act, { dialog, form, confirm, trouble, fields, name, done });
  form.oninput = () => name();
  form.onsubmit = (event) => {
    event.preventDefault();
    void sending.send(values());
  };
  dialog.onclose = () => dialog.remove();
  // What is on its way cannot be called back by looking away.
  dialog.oncancel = (event) => {
    if (sending.isUnderWay()) event.preventDefault();
  };
  name();
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.input.focus();
}

/** @typedef {ReturnType<typeof drawField>} Drawn */

/**
 * @param {Act} act
 * @param {object} parts
 * @param {HTMLDialogElement} parts.dialog
 * @param {HTMLFormElement} parts.form
 * @param {HTMLButtonElement} parts.confirm
 * @param {HTMLElement} parts.trouble
 * @param {readonly Drawn[]} parts.fields
 * @param {() => void} parts.name
 * @param {(outcome: Outcome) => void} parts.done
 */
function createSending(act, { dialog, form, confirm, trouble, fields, name, done }) {
  let key = newIdempotencyKey();
  let isUnderWay = false;
  let isUnknown = false;

  /** @param {unknown} error */
  function fail(error) {
    isUnknown = error instanceof NoAnswer;
    for (const { input } of fields) input.readOnly = isUnknown;
    name();
    if (isUnknown) confirm.textContent = 'Send the same again';
    trouble.replaceChildren(problemBox(error, isUnknown ? UNKNOWN : undefined));
    const errors = error instanceof Refused ? (error.problem.errors ?? []) : [];
    for (const drawn of fields) {
      drawn.complain(errors.find(({ field }) => field.split('.')[0] === drawn.field.name)?.detail);
    }
    if (!dialog.open) byId('notice').replaceChildren(problemBox(error));
    confirm.focus();
  }

  return {
    isUnderWay: () => isUnderWay,
    /** @param {Values} values */
    async send(values) {
      if (isUnderWay || !isComplete(fields)) return;
      // Another request needs another key; the same again needs the same.
      if (!isUnknown) key = newIdempotencyKey();
      isUnderWay = true;
      form.setAttribute('aria-busy', 'true');
      confirm.textContent = 'Sending…';
      trouble.replaceChildren();
      try {
        const outcome = await act.send(values, key);
        dialog.close();
        done(outcome);
      } catch (error) {
        fail(error);
      } finally {
        isUnderWay = false;
        form.removeAttribute('aria-busy');
      }
    },
  };
}

const UNKNOWN = 'Whether it took effect is not known. The same may safely be sent again.';

/** @param {readonly Drawn[]} fields */
function isComplete(fields) {
  const wrong = fields.filter(({ field, input, complain }) => complain(field.check(input.value)));
  wrong[0]?.input.focus();
  return wrong.length === 0;
}

/** @param {Field} field */
function drawField(field) {
  const { name, label, hint, value = '', lines } = field;
  const id = `act-${name}`;
  const common = { id, name, required: true, autocomplete: 'off' };
  const input =
    lines === undefined ? h('input', common) : h('textarea', { ...common, rows: lines });
  input.value = value;
  const error = h('p', { id: `${id}-error`, class: 'error' });
  input.setAttribute('aria-describedby', `${id}-error${hint === undefined ? '' : ` ${id}-hint`}`);
  const box = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    hint !== undefined && h('p', { id: `${id}-hint`, class: 'hint' }, hint),
    input,
    error,
  );
  /** @param {string | undefined} wrong */
  const complain = (wrong) => {
    error.textContent = wrong ?? '';
    input.setAttribute('aria-invalid', String(wrong !== undefined));
    return wrong !== undefined;
  };
  return { field, input, box, complain };
}
