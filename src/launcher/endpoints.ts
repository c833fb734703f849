/**
 * `.makegood/endpoints.json`: where everything is and the key to it, for scripts and people.
 * Readable by its owner only, because of the key and the database's password.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Complaint } from './complaint.ts';

const schema = z.object({
  apiUrl: z.string(),
  operationsUrl: z.string(),
  temporalAddress: z.string(),
  /** Absent for a Temporal of your own, unless TEMPORAL_UI_URL says where its UI is. */
  temporalUiUrl: z.string().optional(),
  /** Where the mails can be read; absent with an SMTP_URL of your own. */
  mailUrl: z.string().optional(),
  gatewayUrl: z.string(),
  carrierUrl: z.string(),
  databaseUrl: z.string(),
  apiKey: z.string(),
  /** The shop's page and the key that it buys with; absent where there is none. */
  shopUrl: z.string().optional(),
  shopKey: z.string().optional(),
  /** Of the production stack, which has several of each, and an operator. */
  apiUrls: z.array(z.string()).optional(),
  operationsUrls: z.array(z.string()).optional(),
  operatorKey: z.string().optional(),
});

export type Endpoints = z.infer<typeof schema>;

export function readEndpoints(stateDir: string): Endpoints | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(fileIn(stateDir), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeEndpoints(stateDir: string, endpoints: Endpoints): void {
  // Renamed into place, so that a script never reads half of it.
  const unfinished = `${fileIn(stateDir)}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(endpoints, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, fileIn(stateDir));
}

/** For the commands: DATABASE_URL, or the database of the makegood that runs in this checkout. */
export function findDatabase(environment: NodeJS.ProcessEnv): string {
  const url = environment['DATABASE_URL'] ?? readEndpoints(checkoutState)?.databaseUrl;
  return found(url, 'there is no database to work on: run `npm start`, or set DATABASE_URL');
}

/** As findDatabase, for Temporal. */
export function findTemporal(environment: NodeJS.ProcessEnv): string {
  const address = environment['TEMPORAL_ADDRESS'] ?? readEndpoints(checkoutState)?.temporalAddress;
  return found(
    address,
    'there is no Temporal to speak to: run `npm start`, or set TEMPORAL_ADDRESS',
  );
}

/** As findDatabase, for the gateway; with a key of its own where it is a stand-in. */
export function findGateway(environment: NodeJS.ProcessEnv): {
  readonly secretKey: string;
  readonly apiBase: string | undefined;
} {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: apiBase } = environment;
  if (secretKey !== undefined && secretKey !== '') return { secretKey, apiBase };
  const url = readEndpoints(checkoutState)?.gatewayUrl;
  const standIn = url?.startsWith('http://') === true ? url : undefined;
  const complaint = 'there is no gateway to ask: set STRIPE_SECRET_KEY';
  return { secretKey: 'sk_test_standin', apiBase: found(standIn, complaint) };
}

function found(place: string | undefined, complaint: string): string {
  if (place !== undefined && place !== '') return place;
  throw new Complaint(complaint);
}

const checkoutState = fileURLToPath(new URL('../../.makegood', import.meta.url));

function fileIn(stateDir: string): string {
  return join(stateDir, 'endpoints.json');
}
