/**
 * The sole owner of MQTT topic strings. Nothing else in the product spells one.
 * Shape: `manyi/v1/{terminal}/{kind}`; the terminal named `gateway` is reserved for the gateway itself.
 */
import { TERMINAL_ID_PATTERN } from './ids.ts';

const ROOT = 'manyi/v1';

/** What a terminal publishes. */
export const UP_KINDS = ['votes', 'hello', 'status', 'health', 'result', 'csr'] as const;
/** What a terminal may subscribe to. */
export const DOWN_KINDS = ['ack', 'config', 'command', 'certificate'] as const;

export type UpKind = (typeof UP_KINDS)[number];
export type DownKind = (typeof DOWN_KINDS)[number];
export type Kind = UpKind | DownKind;

export const GATEWAY_STATUS_TOPIC = `${ROOT}/gateway/status`;

export function topicOf(terminalId: string, kind: Kind): string {
  return `${topicsOf(terminalId)}${kind}`;
}

/** What all topics of a terminal begin with. */
export function topicsOf(terminalId: string): string {
  return `${ROOT}/${terminalId}/`;
}

const KINDS = new Set<string>([...UP_KINDS, ...DOWN_KINDS]);
const terminalId = new RegExp(TERMINAL_ID_PATTERN);

/** `{terminalId, kind}` of a terminal's topic, or `null` for anything else, the gateway's own status included. */
export function parseTopic(topic: string): { terminalId: string; kind: Kind } | null {
  const parts = topic.split('/');
  const [, , id, kind] = parts;
  if (parts.length !== 4 || !topic.startsWith(`${ROOT}/`) || id === undefined || kind === undefined)
    return null;
  if (id === 'gateway' || !terminalId.test(id) || !KINDS.has(kind)) return null;
  return { terminalId: id, kind: kind as Kind };
}

export function isUpKind(kind: Kind): kind is UpKind {
  return (UP_KINDS as readonly string[]).includes(kind);
}
