/** Where a terminal's message goes: each topic kind to the one that takes it, everything else into quarantine. */
import { Compile } from 'typebox/compile';
import { CommandResult } from '../../protocol/command.ts';
import { Health } from '../../protocol/health.ts';
import { parseTopic, type UpKind } from '../../protocol/topics.ts';
import type { Done, Incoming } from '../broker/broker.ts';
import type { Presence } from './presence.ts';
import type { RegisteredTerminal, Registry } from './registry.ts';

/** What the inbox needs of ingest. */
export type VoteTaker = {
  votes(terminal: RegisteredTerminal, payload: Buffer, done: Done): void;
  hello(terminal: RegisteredTerminal, payload: Buffer, done: Done): void;
  quarantine(
    terminal: RegisteredTerminal,
    topic: string,
    reason: 'topic-unknown' | 'schema-invalid',
    payload: Buffer,
    done: Done,
  ): void;
  throttled(terminal: RegisteredTerminal, take: () => void): void;
};

export type HealthReports = {
  take(terminalId: string, health: Health): void;
  latest(terminalId: string): { health: Health; at: number } | null;
};

export function createHealthReports(now: () => number): HealthReports {
  const latest = new Map<string, { health: Health; at: number }>();
  return {
    take: (terminalId, health) => void latest.set(terminalId, { health, at: now() }),
    latest: (terminalId) => latest.get(terminalId) ?? null,
  };
}

const healthSchema = Compile(Health);
const resultSchema = Compile(CommandResult);

export type InboxDeps = {
  registry: Registry;
  presence: Presence;
  votes: VoteTaker;
  health: HealthReports;
  /** Counts messages. */
  received(kind: UpKind | 'unknown'): void;
};

export function createInbox({ registry, presence, votes, health, received }: InboxDeps) {
  return (incoming: Incoming, done: Done): void => {
    const { terminalId, topic, payload, connection } = incoming;
    const terminal = registry.terminal(terminalId);
    // Removed while it was connected: there is nobody to speak for.
    if (!terminal) {
      done(new Error('terminal-unknown'));
      return;
    }
    const parsed = parseTopic(topic);
    const own = parsed?.terminalId === terminalId ? parsed.kind : null;

    votes.throttled(terminal, () => {
      presence.heard(terminalId);
      switch (own) {
        case 'votes':
          received('votes');
          return votes.votes(terminal, payload, done);
        case 'hello':
          received('hello');
          return votes.hello(terminal, payload, done);
        case 'status':
          received('status');
          if (presence.status(terminalId, connection, payload)) return done();
          return votes.quarantine(terminal, topic, 'schema-invalid', payload, done);
        case 'health':
        case 'result': {
          received(own);
          const value = parse(payload);
          if (own === 'health' && healthSchema.Check(value)) {
            health.take(terminalId, value);
            return done();
          }
          if (own === 'result' && resultSchema.Check(value)) return done();
          return votes.quarantine(terminal, topic, 'schema-invalid', payload, done);
        }
        default:
          received('unknown');
          return votes.quarantine(terminal, topic, 'topic-unknown', payload, done);
      }
    });
  };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
}
