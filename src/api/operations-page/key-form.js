/** Who are you: asked once per tab, and again when the key opens nothing any more. */
import { key } from './api.js';
import { h } from './dom.js';
import { heading, problemBox } from './parts.js';
import { summaryAs } from './questions.js';

/**
 * @param {unknown} refused why the last key did not do, if there was one
 * @param {() => void} done
 */
export function keyForm(refused, done) {
  const trouble = h('div', { role: 'alert' }, refused !== undefined && problemBox(refused));
  const input = h('input', {
    id: 'key',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'mg_…',
    required: true,
    'aria-describedby': 'key-hint',
  });
  const submit = h('button', { class: 'main', type: 'submit' }, 'Open');
  const form = h(
    'form',
    { class: 'key', novalidate: true },
    heading('Your operator’s key'),
    h('div', { class: 'field' }, h('label', { for: 'key' }, 'Key'), input),
    h(
      'p',
      { id: 'key-hint', class: 'hint' },
      'Kept in this tab until it is closed, and sent nowhere but here. One is made by ',
      h('code', {}, 'npm run keys -- create --operator <name>'),
      '; its name is what every act is written down with.',
    ),
    trouble,
    submit,
  );
  const open = async () => {
    const text = input.value.trim();
    if (text === '') {
      input.focus();
      return;
    }
    try {
      await summaryAs(text);
      key.keep(text);
      done();
    } catch (error) {
      trouble.replaceChildren(problemBox(error));
      input.setAttribute('aria-invalid', 'true');
      input.select();
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    void open();
  };
  return form;
}
