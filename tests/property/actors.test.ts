/** Who did it and to what: the text of it says exactly that, whatever somebody is called. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Actor, isSameActor, readActor, writeActor } from '../../gateway/domain/actor.ts';
import { type AuditTarget, writeTarget } from '../../gateway/domain/audit-target.ts';
import { type Credential, credentialKey, isSameCredential } from '../../gateway/domain/principal.ts';

/** What people and machines could be called, the ones that look like another's text above all. */
const names = fc.oneof(
  fc.constantFrom('', ':', 'gateway', 'account:li', ':li', 'li:', '?', 'a\nb', '满意', '\u{1f600}', '\ud800'),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', ':', '/', '\n', '\u0000', '管', '\u202e') }),
);
const actors: fc.Arbitrary<Actor> = fc.oneof(
  names.map((name) => ({ kind: 'account', name }) as const),
  names.map((id) => ({ kind: 'link', id }) as const),
  names.map((id) => ({ kind: 'terminal', id }) as const),
  names.map((user) => ({ kind: 'cli', user }) as const),
  fc.constant({ kind: 'gateway' } as const),
);
const texts = fc.oneof(
  names,
  actors.map(writeActor),
  fc
    .tuple(fc.constantFrom('account', 'link', 'terminal', 'cli', 'gateway', 'Account', 'job', ''), names)
    .map(([kind, name]) => `${kind}:${name}`),
);

describe('an actor', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(actors, (actor) => {
        expect(readActor(writeActor(actor))).toEqual(actor);
      }),
    );
  });

  it('is written as it was read, whatever the text is', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(texts, (text) => {
        const actor = readActor(text);
        seen.add(actor.kind);
        expect(writeActor(actor)).toBe(text);
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual(['account', 'cli', 'gateway', 'link', 'terminal', 'unknown']);
  });

  it('is nobody else', () => {
    fc.assert(
      fc.property(actors, actors, (one, other) => {
        expect(isSameActor(one, other)).toBe(JSON.stringify(one) === JSON.stringify(other));
        expect(isSameActor(one, { ...one })).toBe(true);
      }),
    );
  });

  it.each<[Actor, string]>([
    [{ kind: 'account', name: 'li' }, 'account:li'],
    [{ kind: 'link', id: 'l-1' }, 'link:l-1'],
    [{ kind: 'terminal', id: 't-1' }, 'terminal:t-1'],
    [{ kind: 'cli', user: 'root' }, 'cli:root'],
    [{ kind: 'gateway' }, 'gateway'],
  ])('%j is in the audit as %s', (actor, text) => expect(writeActor(actor)).toBe(text));

  it.each(['', 'account', 'Account:li', 'gateway:', 'job:scores', ' cli:root', 'manyi'])(
    'that no gateway of this version writes, %j, is unknown',
    (text) => expect(readActor(text)).toEqual({ kind: 'unknown', text }),
  );
});

describe('a target', () => {
  it.each<[AuditTarget, string]>([
    [{ kind: 'account', name: 'li' }, 'account:li'],
    [{ kind: 'account-unknown' }, 'account:?'],
    [{ kind: 'session', id: 's-1' }, 'session:s-1'],
    [{ kind: 'link', id: 'l-1' }, 'link:l-1'],
    [{ kind: 'unit', id: 'city' }, 'unit:city'],
    [{ kind: 'window', id: 'w-1' }, 'window:w-1'],
    [{ kind: 'terminal', id: 't-1' }, 'terminal:t-1'],
    [{ kind: 'exclusion', id: 'x-1' }, 'exclusion:x-1'],
    [{ kind: 'journal', terminalId: 't-1', epoch: 'e1' }, 'journal:t-1/e1'],
    [{ kind: 'backup', folder: 'monday' }, 'backup:monday'],
    [{ kind: 'quarantine' }, 'quarantine'],
    [{ kind: 'votes' }, 'votes'],
    [{ kind: 'rollups' }, 'rollups'],
    [{ kind: 'data' }, 'data'],
  ])('%j is in the audit as %s', (target, text) => expect(writeTarget(target)).toBe(text));
});

describe('a credential', () => {
  it('has a key of its own', () => {
    const credentials = fc.record<Credential>({ kind: fc.constantFrom('session', 'link'), id: names });
    fc.assert(
      fc.property(credentials, credentials, (one, other) => {
        expect(credentialKey(one) === credentialKey(other)).toBe(isSameCredential(one, other));
        expect(isSameCredential(one, { ...one })).toBe(true);
      }),
    );
  });
});
