/**
 * The mail server's stand-in: takes every mail over SMTP, keeps it in its book, and shows it over
 * HTTP to tests (`/mails`) and to a developer's browser (`/`).
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Hono } from 'hono';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerError, type SMTPServerSession } from 'smtp-server';
import { openBook, type Book, type EffectLine, type RequestLine } from '../book.ts';
import { createFaultPlan, FAULTS, orderIn, type Fault, type FaultPlan } from '../faults.ts';
import { controlRoutes, listen, portOf, type HttpEnv } from '../server.ts';
import { mailPage } from './page.ts';
import type { ReceivedMail } from './received-mail.ts';

export interface MailEffect extends EffectLine {
  readonly effect: 'received';
  readonly mail: ReceivedMail;
}

export interface MailRequest extends RequestLine {
  readonly messageId: string;
}

export interface MailSink {
  readonly url: string;
  readonly smtpUrl: string;
  close: () => Promise<void>;
}

export async function startMailSink({
  port = 0,
  smtpPort = 0,
  bookFile,
}: {
  port?: number;
  smtpPort?: number;
  bookFile: string;
}): Promise<MailSink> {
  const mails: ReceivedMail[] = [];
  const book = await openBook<MailEffect, MailRequest>(bookFile, (effects) => {
    mails.push(...effects.map(({ mail }) => mail));
  });
  const faults = createFaultPlan<'send'>(['send'], ['send']);
  const sockets = new Map<number, Socket>();
  const smtp = smtpServer({ mails, book, faults, sockets });
  smtp.listen(smtpPort, '127.0.0.1');
  await once(smtp.server, 'listening');
  const app = httpApp(mails);
  app.route('/control', controlRoutes(faults, book));
  const http = await listen(app, port);
  return {
    url: http.url,
    smtpUrl: `smtp://127.0.0.1:${portOf(smtp.server)}`,
    async close() {
      await Promise.all([http.close(), closeSmtp(smtp, sockets)]);
      await book.close();
    },
  };
}

function httpApp(mails: readonly ReceivedMail[]): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get('/mails', (c) => {
    const { to, orderId } = c.req.query();
    return c.json(
      mails.filter(
        (mail) =>
          (to === undefined || mail.to.split(', ').includes(to)) &&
          (orderId === undefined || orderIn(mail.messageId) === orderId),
      ),
    );
  });
  app.get('/', (c) => c.html(mailPage(mails)));
  return app;
}

interface Sink {
  readonly mails: ReceivedMail[];
  readonly book: Pick<Book<MailEffect, MailRequest>, 'append'>;
  readonly faults: FaultPlan<'send'>;
  /** The SMTP library hides its sockets, and a fault has to break one: found by remote port. */
  readonly sockets: Map<number, Socket>;
}

function smtpServer(sink: Sink): SMTPServer {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      receive(sink, stream, session).then((end) => {
        if (end === 'accepted') done();
        else if (end === 'refused') done(mailboxUnavailable(session.envelope.rcptTo[0]?.address));
        else if (end === 'broken') sink.sockets.get(session.remotePort)?.destroy();
      }, done);
    },
  });
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    sink.sockets.set(remotePort, socket);
    socket.once('close', () => sink.sockets.delete(remotePort));
  });
  // A client that leaves in the middle is its own affair.
  server.on('error', () => undefined);
  return server;
}

/** What the client gets to see of it: an answer, a broken connection, or nothing at all. */
type End = 'accepted' | 'refused' | 'broken' | 'silent';

const ENDS = {
  none: { outcome: 'executed', end: 'accepted' },
  decline: { outcome: 'refused', end: 'refused' },
  reject: { outcome: 'refused', end: 'refused' },
  'fail-before': { outcome: 'not-executed', end: 'broken' },
  'fail-after-effect': { outcome: 'executed', end: 'broken' },
  hang: { outcome: 'not-executed', end: 'silent' },
} as const satisfies Record<Fault | 'none', { outcome: string; end: End }>;

async function receive(sink: Sink, stream: Readable, session: SMTPServerSession): Promise<End> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const mail = readMail(await PostalMime.parse(Buffer.concat(chunks)), session);
  const { messageId, receivedAt: at } = mail;
  const orderId = orderIn(messageId);
  const fault = sink.faults.strike('send', orderId, FAULTS) ?? null;
  const { outcome, end } = ENDS[fault ?? 'none'];
  const line = { at, operation: 'send', orderId, requestId: null } as const;
  const effects: MailEffect[] = [];
  if (outcome === 'executed') {
    sink.mails.push(mail);
    effects.push({ kind: 'effect', ...line, effect: 'received', mail });
  }
  await sink.book.append(effects, { kind: 'request', ...line, messageId, outcome, fault });
  return end;
}

function readMail(email: Email, { envelope }: SMTPServerSession): ReceivedMail {
  return {
    messageId: email.messageId ?? '',
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address).join(', '),
    subject: email.subject ?? '',
    text: email.text ?? '',
    receivedAt: new Date().toISOString(),
  };
}

/** Names the recipient, as mail servers do. */
function mailboxUnavailable(to = ''): SMTPServerError {
  const refusal: SMTPServerError = new Error(`5.1.1 <${to}>: mailbox unavailable`);
  refusal.responseCode = 550;
  return refusal;
}

async function closeSmtp(smtp: SMTPServer, sockets: ReadonlyMap<number, Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    smtp.close(() => {
      resolve();
    });
  });
  // Without this the library waits half a minute for clients that hang on a fault.
  for (const socket of sockets.values()) socket.destroy();
  await closed;
}
