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
        <link rel="icon" href="data:," />
        <title>Mails</title>
        <style>
          :root {
            color-scheme: light dark;
            background: light-dark(#f6f7f8, #14171a);
          }
          body {
            font:
              1rem/1.5 system-ui,
              sans-serif;
            max-width: 44rem;
            margin: 2rem auto;
            padding: 0 1rem;
            overflow-wrap: anywhere;
          }
          article {
            margin-top: 1rem;
            padding: 1rem 1.25rem;
            border: 1px solid light-dark(#d5dade, #353c43);
            border-radius: 10px;
            background: light-dark(#ffffff, #1c2024);
          }
          h1,
          h2,
          p {
            margin: 0;
          }
          h2 {
            font-size: 1.1rem;
          }
          p {
            color: light-dark(#515c66, #a3adb6);
            font-size: 0.9rem;
          }
          pre {
            margin: 0.75rem 0 0;
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
