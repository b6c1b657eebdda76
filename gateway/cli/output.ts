import { wantsStacks } from '../../protocol/process/config.ts';
import { HostFault, tellFault } from '../../protocol/process/fault.ts';

/** `--print`: nothing but this field is answered; null for everything. */
let onlyField: string | null = null;

export function printOnly(field: string | null): void {
  onlyField = field;
}

/** What was done is done: that the answer has no such field is said with all of it. */
function printField(row: Record<string, unknown>, field: string): void {
  if (!(field in row))
    throw new HostFault('field-unknown', `there is no "${field}" in the answer: ${JSON.stringify(row)}`);
  const value = row[field];
  console.log(typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));
}

/** Prints rows as a table for people, or as JSON for programs. */
export function show(rows: readonly Record<string, unknown>[], json: boolean): void {
  const field = onlyField;
  if (field !== null) for (const row of rows) printField(row, field);
  else if (json) console.log(JSON.stringify(rows));
  else if (rows.length === 0) console.log('none yet');
  else console.table(rows);
}

/** For people, under a table. */
export function showNote(text: string): void {
  if (onlyField === null) console.log(text);
}

export const date = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

export function showOne(row: Record<string, unknown>, json: boolean, note: string): void {
  if (onlyField !== null) printField(row, onlyField);
  else if (json) console.log(JSON.stringify(row));
  else {
    const width = Math.max(10, ...Object.keys(row).map((name) => name.length + 2));
    for (const [name, value] of Object.entries(row)) console.log(`${name.padEnd(width)}${value}`);
    if (note !== '') console.log(`\n${note}`);
  }
}

/** Of Commander's own words about a command line that it does not understand. */
export function usageError(text: string, json: boolean): string {
  const message = text.replace(/^error: /, '').trim();
  if (json) return `${JSON.stringify({ error: { code: 'argument-invalid', message } })}\n`;
  return `argument-invalid: ${message}\nSee \`manyi --help\`, or --help after a command.\n`;
}

/** Says what went wrong on standard error. @returns the exit status. */
export function explain(error: unknown, json: boolean): number {
  const { code, message } = tellFault(error);
  console.error(json ? JSON.stringify({ error: { code, message } }) : `${code}: ${printable(message)}`);
  if (code === 'internal' && wantsStacks() && error instanceof Error) console.error(error.stack);
  return 1;
}

/** A message may quote what somebody else has named: nothing in it may speak to the terminal (ECMA-48). */
function printable(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n]/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** The answer could not be written, to the end at least. @returns the exit status. */
export function explainOutput(error: NodeJS.ErrnoException): number {
  console.error(
    `output-failed: the command was carried out, but its answer could not be written: ${error.message}`,
  );
  return 1;
}
