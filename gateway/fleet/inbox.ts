/** Where a terminal's message goes: each topic kind to the one that takes it, everything else into quarantine. */
import { Compile } from 'typebox/compile';
import { CommandResult } from '../../protocol/command.ts';
import { Health } from '../../protocol/health.ts';
import { isUpKind, parseTopic, topicOf, type UpKind } from '../../protocol/topics.ts';
import { type Done, Drop, type Incoming } from '../mqtt/broker.ts';
import type { RegisteredTerminal, Registry } from '../org/registry.ts';
import type { Asker } from './enrolment.ts';
import type { Presence } from './presence.ts';

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
  /** How long to wait before taking one more message of this terminal, milliseconds; null for far too long. */
  delayMs(terminal: RegisteredTerminal): number | null;
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
  /** The terminal has said hello: it is subscribed to what is for it. */
  greeted(terminal: RegisteredTerminal): void;
  /** Keeps the answer to a command. */
  answered(terminal: RegisteredTerminal, result: CommandResult): Promise<void>;
  /** Answers a request for a certificate. */
  sign(terminal: RegisteredTerminal, payload: Buffer, from: Asker): Promise<void>;
  /** Counts messages. */
  received(kind: UpKind | 'unknown'): void;
  /** A message could not be handled: a fault of ours. It costs its sender the connection and nobody else anything. */
  failed(error: Error, terminalId: string): void;
};

export function createInbox(deps: InboxDeps) {
  const { registry, presence, votes, health, greeted, answered, sign, received, failed } = deps;
  return (incoming: Incoming, done: Done): void => {
    const terminal = registry.terminal(incoming.terminalId);
    // Removed while it was connected: there is nobody to speak for.
    if (!terminal) {
      done(new Drop('terminal-unknown'));
      return;
    }
    const delayMs = votes.delayMs(terminal);
    if (delayMs === 0) take(terminal, incoming, done);
    else if (delayMs === null) done(new Drop('message-flood'));
    else
      setTimeout(() => {
        // Its certificate may have been withdrawn meanwhile. Whoever has only lost the line sends it again.
        if (incoming.isOpen()) take(terminal, incoming, done);
        else done(new Drop('connection-gone'));
      }, delayMs);
  };

  function take(terminal: RegisteredTerminal, incoming: Incoming, done: Done): void {
    try {
      route(terminal, incoming, done);
    } catch (error) {
      failed(error as Error, terminal.id);
      done(new Drop('message-failed'));
    }
  }

  function route(
    terminal: RegisteredTerminal,
    { terminalId, topic, payload, connection, code, address, isOpen }: Incoming,
    done: Done,
  ): void {
    if (code !== null) {
      if (topic === topicOf(terminalId, 'csr')) answer(terminal, payload, { code, address, isOpen }, done);
      else done(new Drop('enrolling-only'));
      return;
    }
    presence.heard(terminalId);
    if (topic === terminal.votesTopic) {
      received('votes');
      votes.votes(terminal, payload, done);
      return;
    }
    const parsed = parseTopic(topic);
    const own = parsed?.terminalId === terminalId && isUpKind(parsed.kind) ? parsed.kind : 'unknown';
    received(own);
    const refuse = (reason: 'schema-invalid' | 'topic-unknown') =>
      votes.quarantine(terminal, topic, reason, payload, done);
    switch (own) {
      case 'hello':
        votes.hello(terminal, payload, done);
        greeted(terminal);
        return;
      case 'status':
        if (presence.status(terminalId, connection, payload)) done();
        else refuse('schema-invalid');
        return;
      case 'health': {
        const report = parse(payload);
        if (!healthSchema.Check(report)) {
          refuse('schema-invalid');
          return;
        }
        health.take(terminalId, report);
        done();
        return;
      }
      case 'csr':
        answer(terminal, payload, { code, address, isOpen }, done);
        return;
      case 'result': {
        const result = parse(payload);
        if (!resultSchema.Check(result)) {
          refuse('schema-invalid');
          return;
        }
        settle(terminal, answered(terminal, result), done);
        return;
      }
      default:
        refuse('topic-unknown');
    }
  }

  function answer(terminal: RegisteredTerminal, payload: Buffer, from: Asker, done: Done): void {
    settle(terminal, sign(terminal, payload, from), done);
  }

  function settle(terminal: RegisteredTerminal, work: Promise<void>, done: Done): void {
    work.then(
      () => done(),
      (error: Error) => {
        failed(error, terminal.id);
        done(new Drop('message-failed'));
      },
    );
  }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
}
