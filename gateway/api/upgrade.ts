import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Hub } from '../live/hub.ts';

export const LIVE_PATH = '/api/v1/live';

/**
 * WebSocket upgrades. A browser names the page it comes from in Origin: only pages of this gateway, or of the origins
 * that are configured, may listen (cross-site WebSocket hijacking, OWASP). Programs that are no browser send none.
 */
export function takeUpgrades(server: Server, hub: Hub, allowedOrigins: readonly string[]): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if ((request.url ?? '').split('?')[0] !== LIVE_PATH)
      return refuse(socket, '404 Not Found', 'route-unknown', `listen at ${LIVE_PATH}`);
    if (!isAllowedOrigin(request.headers.origin, request.headers.host, allowedOrigins))
      return refuse(
        socket,
        '403 Forbidden',
        'origin-foreign',
        'this page may not listen: configure MANYI_ALLOWED_ORIGINS',
      );
    if (!hub.accept(request, socket, head))
      refuse(socket, '503 Service Unavailable', 'walls-too-many', 'too many walls are listening');
  });
}

export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    return host !== undefined && new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}

/** Says why, and closes: after an upgrade, Node leaves the socket to us, and its peer may never close its own end. */
function refuse(socket: Duplex, status: string, code: string, message: string): void {
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
