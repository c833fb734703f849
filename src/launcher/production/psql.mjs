#!/usr/bin/env node
/**
 * As much of `psql` as the roles job of docker-compose.yml asks of it, because the embedded
 * PostgreSQL comes without: statements from the standard input, `:'variable'`, and `\gexec`, which
 * runs what a query answers. An error ends it, as ON_ERROR_STOP=1 says.
 */
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import pg from 'pg';

const { values } = parseArgs({
  options: { variable: { type: 'string', short: 'v', multiple: true, default: [] } },
});
const variables = Object.fromEntries(
  values.variable.map((given) => {
    const at = given.indexOf('=');
    return [given.slice(0, at), given.slice(at + 1)];
  }),
);

// PGHOST, PGPORT, PGUSER and PGPASSWORD are read by pg as by psql.
const client = new pg.Client({ database: 'postgres' });
await client.connect();
try {
  for (const { statement, end } of statementsIn(await text(process.stdin))) {
    const { rows } = await client.query({ text: filledIn(statement), rowMode: 'array' });
    if (end === '\\gexec') for (const cell of rows.flat()) await client.query(cell);
  }
} finally {
  await client.end();
}

function statementsIn(script) {
  const parts = script.split(/(;|\\gexec)[ \t]*(?:\n|$)/);
  if (parts.at(-1)?.trim() !== '') throw new Error(`not ended: ${parts.at(-1)}`);
  return parts.slice(0, -1).flatMap((statement, at) => {
    return at % 2 === 0 ? [{ statement: statement.trim(), end: parts[at + 1] }] : [];
  });
}

function filledIn(statement) {
  return statement.replace(/:'(\w+)'/g, (_, name) => {
    if (variables[name] === undefined) throw new Error(`there is no variable ${name}`);
    return pg.escapeLiteral(variables[name]);
  });
}
