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
        <title>Confirm your payment</title>
        <style>
          body {
            font:
              1rem/1.5 system-ui,
              sans-serif;
            max-width: 26rem;
            margin: 12vh auto;
            padding: 0 1rem;
          }
          button {
            font: inherit;
            padding: 0.6rem 1.2rem;
            margin: 0 0.5rem 0.5rem 0;
          }
          code {
            overflow-wrap: anywhere;
          }
        </style>
      </head>
      <body>
        <h1>${isOpen ? 'Confirm your payment' : 'Nothing to confirm'}</h1>
        <p><strong>${money}</strong>, payment <code>${id}</code></p>
        ${isOpen ? buttons() : html`<p>The payment is ${status.replaceAll('_', ' ')}.</p>`}
        ${action === null ? '' : html`<p><a href="${action.returnUrl}">Back to the shop</a></p>`}
        <p><small>A stand-in for your bank: no money moves.</small></p>
      </body>
    </html>`;
}

function buttons() {
  return html`<form method="post">
    <button name="answer" value="approve">Approve</button>
    <button name="answer" value="decline">Decline</button>
  </form>`;
}
