/** The bank's page: who wants how much, and two buttons. Plain HTML, so that it works anywhere. */
import { html } from 'hono/html';
import { inWords } from '../../domain/money.ts';
import type { IntentState } from './model.ts';

export function pageOf({ id, amount, currency, status, action }: IntentState) {
  const money = inWords({ amountMinor: BigInt(amount), currency: currency.toUpperCase() });
  const isOpen = status === 'requires_action';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <title>Confirm your payment</title>
        ${STYLE}
      </head>
      <body>
        <main>
          <h1>${isOpen ? 'Confirm your payment' : 'Nothing to confirm'}</h1>
          <p><strong>${money}</strong> <code>${id}</code></p>
          ${isOpen ? buttons() : html`<p>The payment is ${status.replaceAll('_', ' ')}.</p>`}
          ${action === null ? '' : html`<p><a href="${action.returnUrl}">Back to the shop</a></p>`}
          <p><small>A stand-in for your bank: no money moves.</small></p>
        </main>
      </body>
    </html>`;
}

function buttons() {
  return html`<form method="post">
    <button name="answer" value="approve">Approve</button>
    <button name="answer" value="decline">Decline</button>
  </form>`;
}

const STYLE = html`<style>
  :root {
    color-scheme: light dark;
    --quiet: light-dark(#515c66, #a3adb6);
    --fill: light-dark(#125a8c, #2872a6);
    --edge: light-dark(#7d8891, #75808a);
    background: light-dark(#f6f7f8, #14171a);
  }
  body {
    font:
      1rem/1.5 system-ui,
      sans-serif;
    max-width: 24rem;
    margin: 10vh auto;
    padding: 0 1rem;
  }
  main {
    padding: 1.5rem;
    border: 1px solid light-dark(#d5dade, #353c43);
    border-top: 5px solid var(--fill);
    border-radius: 10px;
    background: light-dark(#ffffff, #1c2024);
  }
  h1 {
    margin: 0;
    font-size: 1.3rem;
  }
  strong {
    display: block;
    font-size: 2rem;
  }
  code,
  small {
    color: var(--quiet);
    overflow-wrap: anywhere;
  }
  a {
    color: light-dark(#125a8c, #82bdea);
  }
  form {
    display: grid;
    gap: 0.6rem;
    grid-template-columns: 1fr 1fr;
  }
  button {
    font: inherit;
    font-weight: 600;
    min-height: 3rem;
    border: 1px solid var(--edge);
    border-radius: 6px;
    background: none;
    color: inherit;
    cursor: pointer;
  }
  button[value='approve'] {
    border-color: transparent;
    background: var(--fill);
    color: #ffffff;
  }
  :focus-visible {
    outline: 3px solid light-dark(#125a8c, #82bdea);
    outline-offset: 2px;
  }
</style>`;
