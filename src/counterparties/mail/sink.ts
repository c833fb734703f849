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
import { COMMON_FAULTS, COURSES, orderIn, type Fault } from '../faults.ts';
import { createFaultPlan, type FaultPlan, type Repertoire } from '../plan.ts';
import { controlRoutes, listen, LOOPBACK, portOf, type HttpEnv } from '../server.ts';
import { mailPage } from './page.ts';
import type { ReceivedMail } from './received-mail.ts';

const FAULTS = [...COMMON_FAULTS, 'error', 'decline'] as const;

export const REPERTOIRE: Repertoire<'send'> = {
  party: 'mail',
  faults: { send: FAULTS },
  questions: [],
};

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
  host = LOOPBACK,
  bookFile,
}: {
  port?: number;
  smtpPort?: number;
  host?: string | undefined;
  bookFile: string;
}): Promise<MailSink> {
  const mails: ReceivedMail[] = [];
  const faults = createFaultPlan(REPERTOIRE);
  const book = await openBook<MailEffect, MailRequest>(bookFile, (effects, request) => {
    mails.push(...effects.map(({ mail }) => mail));
    faults.restore(request.operation, request.fault);
  });
  const sockets = new Map<number, Socket>();
  const smtp = smtpServer({ mails, book, faults, sockets });
  smtp.listen(smtpPort, host);
  await once(smtp.server, 'listening');
  const app = httpApp(mails);
  app.route('/control', controlRoutes(faults, book));
  const http = await listen(app, { port, host });
  return {
    url: http.url,
    smtpUrl: `smtp://${LOOPBACK}:${portOf(smtp.server)}`,
    async close() {
      faults.close();
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
        else if (end === 'broken') sink.sockets.get(session.remotePort)?.destroy();
        else if (end !== 'silent') done(replyTo(end, session.envelope.rcptTo[0]?.address));
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
type End = 'accepted' | 'broken' | 'silent' | Refused;
type Refused = keyof typeof REPLIES;

/** By the status that says the same over HTTP. */
const REPLIES = {
  400: [550, '5.1.1', 'mailbox unavailable'],
  429: [450, '4.2.1', 'mailbox busy'],
  500: [554, '5.3.0', 'transaction failed'],
  503: [451, '4.3.2', 'system not accepting mail now'],
} as const;

async function receive(sink: Sink, stream: Readable, session: SMTPServerSession): Promise<End> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const mail = readMail(await PostalMime.parse(Buffer.concat(chunks)), session);
  const asker = { orderId: orderIn(mail.messageId), requestId: null };
  const meeting = sink.faults.meet('send', asker);
  const fault = meeting.strike(FAULTS) ?? null;
  const { done, answer } = courseOf(fault);
  const write = () => writeDown(sink, mail, fault, done !== 'never');
  if (done === 'late') return (await meeting.later(write)) ?? 'broken';
  const end = await write();
  if (answer === 'late') return (await meeting.later(() => Promise.resolve(end))) ?? 'broken';
  return typeof answer === 'number' ? answer : ENDS[answer];
}

async function writeDown(
  { mails, book }: Sink,
  mail: ReceivedMail,
  fault: Fault | null,
  isDone: boolean,
): Promise<End> {
  const { messageId, receivedAt: at } = mail;
  const line = { at, operation: 'send', orderId: orderIn(messageId), requestId: null } as const;
  if (isDone) mails.push(mail);
  const outcome = isDone ? 'executed' : 'not-executed';
  await book.append(isDone ? [{ kind: 'effect', ...line, effect: 'received', mail }] : [], {
    kind: 'request',
    ...line,
    messageId,
    outcome,
    fault,
  });
  return 'accepted';
}

function courseOf(fault: (typeof FAULTS)[number] | null) {
  if (fault === null) return { done: 'at-once', answer: 'whole' } as const;
  // A mailbox that there is not is a decline and a mistake in one.
  return COURSES[fault === 'decline' ? 'reject' : fault];
}

const ENDS = {
  whole: 'accepted',
  broken: 'broken',
  none: 'silent',
} as const satisfies Record<string, End>;

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
function replyTo(refused: Refused, to = ''): SMTPServerError {
  const [code, enhanced, words] = REPLIES[refused];
  const refusal: SMTPServerError = new Error(`${enhanced} <${to}>: ${words}`);
  refusal.responseCode = code;
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
