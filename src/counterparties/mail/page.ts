/**
 * The mails as a developer reads them in a browser. Everything in a mail comes from outside; the
 * `html` template escapes it.
 */
import { html } from 'hono/html';
import type { ReceivedMail } from './received-mail.ts';

// A page is for looking, not for loading everything a load test has sent; /mails has them all.
const SHOWN = 100;

export function mailPage(mails: readonly ReceivedMail[]): ReturnType<typeof html> {
  const newestFirst = mails.slice(-SHOWN).reverse();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Mails</title>
        <style>
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 44rem;
            margin: 2rem auto;
            padding: 0 1rem;
          }
          article {
            border-top: 1px solid #888;
            padding: 0.5rem 0;
          }
          h2 {
            font-size: 1.1rem;
            margin: 0.5rem 0 0;
          }
          pre {
            white-space: pre-wrap;
            font: inherit;
          }
        </style>
      </head>
      <body>
        <h1>Mails</h1>
        <p>${mails.length} received; the newest ${newestFirst.length} are shown.</p>
        ${newestFirst.map(
          (mail) =>
            html`<article>
              <h2>${mail.subject}</h2>
              <p>to ${mail.to} · <time>${mail.receivedAt}</time></p>
              <pre>${mail.text}</pre>
            </article>`,
        )}
      </body>
    </html>`;
}
