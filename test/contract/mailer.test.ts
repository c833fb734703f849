/** What every mailer has to do, asked of the one in memory and of the SMTP adapter on the sink. */
import assert from 'node:assert/strict';
import type { Mailer } from '../../src/activities/ports.ts';
import { createMailer } from '../../src/adapters/smtp/index.ts';
import type { ReceivedMail } from '../../src/counterparties/mail/received-mail.ts';
import { startMailSink, type MailSink } from '../../src/counterparties/mail/sink.ts';
import { messageId } from '../../src/domain/keys.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createMemoryMailer } from '../simulation/memory/mailer.ts';
import { temporaryDirectory } from '../support/stand-ins.ts';

interface MailerSide {
  readonly mailer: Mailer;
  readonly received: (orderId: OrderId) => Promise<readonly ReceivedMail[]>;
}

/** To be called inside a describe block; gives a side once the tests run. */
const MAILERS: Readonly<Record<string, () => () => MailerSide>> = {
  'in memory': () => memorySide,
  'over SMTP': smtpSide,
};

function memorySide(): MailerSide {
  const mailer = createMemoryMailer({ now: Date.now });
  const mails = (orderId: OrderId) =>
    mailer.lines.flatMap((line) =>
      line.kind === 'effect' && line.orderId === orderId ? [line.mail] : [],
    );
  return { mailer, received: (orderId) => Promise.resolve(mails(orderId)) };
}

function smtpSide(): () => MailerSide {
  const path = temporaryDirectory();
  let sink: MailSink;
  before(async () => {
    sink = await startMailSink({ bookFile: path('mail') });
  });
  after(() => sink.close());
  return () => ({
    mailer: createMailer({ url: sink.smtpUrl, from: 'makegood <orders@makegood.example>' }),
    async received(orderId) {
      const answer = await fetch(`${sink.url}/mails?orderId=${orderId}`);
      return (await answer.json()) as ReceivedMail[];
    },
  });
}

for (const [where, prepare] of Object.entries(MAILERS)) {
  describe(`a mailer ${where}`, () => {
    const side = prepare();
    let orders = 0;
    const scene = () => {
      const { mailer, received } = side();
      const order: OrderId = `ord_mc${(orders += 1)}`;
      const mail = {
        messageId: messageId(order, 'completed'),
        to: { name: 'Ada Lovelace', address: 'ada@example.com' },
        subject: 'Your order is on its way',
        text: 'Thank you.\n\n2 × mug',
      };
      return {
        mail,
        send: () => mailer.send(mail, { timeoutMs: 5_000 }),
        received: () => received(order),
      };
    };

    it('sends with the Message-ID it was given', async () => {
      const { mail, send, received } = scene();
      await send();
      const [one, ...others] = await received();
      assert.ok(one !== undefined && others.length === 0);
      assert.deepEqual(
        [one.messageId, one.from, one.to, one.subject, one.text.trim()],
        [mail.messageId, 'orders@makegood.example', mail.to.address, mail.subject, mail.text],
      );
    });

    it('sends again what it is given again, as the same mail', async () => {
      const { mail, send, received } = scene();
      await send();
      await send();
      const ids = (await received()).map((one) => one.messageId);
      assert.deepEqual(ids, [mail.messageId, mail.messageId]);
    });
  });
}
