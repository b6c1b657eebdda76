import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { credentialOf, isSameCredential, type Principal } from '../../domain/principal.ts';
import type { Hub } from '../../live/hub.ts';
import type { SignIn } from '../../people/sign-in.ts';
import type { BasePath } from '../border/base-path.ts';
import type { CallerOf } from '../border/caller.ts';
import type { Connections } from '../border/connections.ts';
import type { Cookies } from '../border/cookies.ts';
import { Refusal } from '../border/errors.ts';
import { foreignOrigin, isAllowedOrigin } from '../border/origin.ts';
import { checkPolicy } from '../border/policy.ts';
import { requireClear } from '../border/requests.ts';
import { declineUpgrade } from './declined-upgrade.ts';

export const LIVE_PATH = '/api/v1/live';

export type UpgradeDeps = {
  hub: Hub;
  signIn: SignIn;
  used: (principal: Principal) => void;
  /** Counts refusals, by code. */
  refused: (code: string) => void;
  allowedOrigins: readonly string[];
  callerOf: CallerOf;
  cookies: Cookies;
  base: BasePath;
  connections: Connections;
  /** Does what is seen by whoever is bound to this unit move on in steps? */
  holdsBack(unitId: string | null): boolean;
};

/**
 * WebSocket upgrades. A browser names the page it comes from in Origin: only pages of this gateway, or of the origins
 * that are configured, may listen (cross-site WebSocket hijacking, OWASP). Programs that are no browser send none. Who may
 * listen is a line of the policy, as for every route; while they do, they are asked again and again.
 */
export function takeUpgrades(server: Server, deps: UpgradeDeps): void {
  const { hub, signIn, used, refused, allowedOrigins, callerOf, cookies, base, connections, holdsBack } =
    deps;
  const take = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    try {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket')
        return declineUpgrade(server, request, socket as Socket, head);
      requireClear(request);
      const url = base.below(request.url ?? '');
      if (url === null) throw base.missing();
      const [path, query] = url.split('?');
      if (path !== LIVE_PATH) throw new Refusal(404, 'route-unknown', `listen at ${LIVE_PATH}`);
      const { host, secure } = callerOf(request);
      if (!isAllowedOrigin(request.headers.origin, host, allowedOrigins, secure))
        throw new Refusal(403, 'origin-foreign', foreignOrigin('listen'));
      const token = cookies.read(request)?.token ?? '';
      const principal = await signIn.identify(token);
      checkPolicy(`GET ${LIVE_PATH}`, principal);
      if (!principal) throw new Refusal(401, 'sign-in-required', 'sign in first: POST /api/v1/session');
      used(principal);
      const credential = credentialOf(principal);
      const { unitId } = principal;
      const seesAlerts = maySeeAlerts(principal);
      const visitor = { credential, unitId, heldBack: () => holdsBack(unitId), seesAlerts };
      const unpacks = new URLSearchParams(query).get('compress') === 'gzip';
      const isWelcome = async () => {
        const now = await signIn.identify(token);
        if (now === null || !isSameCredential(credentialOf(now), credential)) return false;
        // Whose scope is another one begins anew.
        return maySeeAlerts(now) === seesAlerts && now.unitId === unitId;
      };
      if (!hub.accept(request, socket, head, { ...visitor, isWelcome, unpacks }))
        throw new Refusal(503, 'walls-too-many', 'too many walls are listening');
      connections.engaged(request.socket);
    } catch (error) {
      refused(refuse(socket, error));
    }
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    void take(request, socket, head);
  });
}

/**
 * Accounts, as over HTTP, and screens of a unit: of it and what is below it, and nothing that rests on votes where these are shown there in steps.
 * A screen of the whole city may hang anywhere, and there a single citizen's vote must not be told.
 */
const maySeeAlerts = ({ kind, unitId }: Principal) => kind === 'account' || unitId !== null;

/** Says why, and closes: after an upgrade, Node leaves the socket to us, and its peer may never close its own end. @returns the code. */
function refuse(socket: Duplex, error: unknown): string {
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal(503, 'storage-failed', 'the storage cannot be used at the moment: try again later');
  const { statusCode, code, message } = refusal;
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
  return code;
}
