/**
 * A request that offers another protocol beside its own question, as Java's HttpClient and `curl --http2` offer h2c: the offer
 * may be declined by answering in HTTP/1.1 (RFC 9110, 7.8). Node lets go of the connection at any offer, as soon as somebody
 * takes WebSocket upgrades, so what it would have done with it is done here: for this one request, then the connection ends.
 */
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Refusal } from '../border/errors.ts';

/** As long as any other request may take to come. */
const BODY_MS = 30_000;

/** @throws Refusal for a body of unknown length, which nobody takes apart any more. */
export function declineUpgrade(server: Server, offer: IncomingMessage, socket: Socket, head: Buffer): void {
  const { headers, rawHeaders, method, url, httpVersion, httpVersionMajor, httpVersionMinor } = offer;
  if (headers['transfer-encoding'] !== undefined)
    throw new Refusal(
      400,
      'upgrade-unknown',
      'only websocket is spoken beside HTTP/1.1: send this without Upgrade',
    );
  // The one that made the offer has had its end already.
  const request = Object.assign(new IncomingMessage(socket), {
    ...{ headers, rawHeaders, method, url, httpVersion, httpVersionMajor, httpVersionMinor },
  });
  let left = Number(headers['content-length'] ?? 0);
  const cut = () => void socket.destroy();
  const late = setTimeout(cut, BODY_MS);
  const take = (data: Buffer) => {
    const part = data.subarray(0, left);
    left -= part.length;
    if (part.length > 0) request.push(part);
    if (left > 0) return;
    // What comes behind it would be another request.
    socket.off('data', take).off('end', cut);
    clearTimeout(late);
    request.complete = true;
    request.push(null);
  };
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on('drain', () => response.emit('drain'));
  socket.once('close', () => {
    clearTimeout(late);
    if (!request.complete) request.destroy();
    response.emit('close');
  });
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
  });
  socket.on('data', take).once('end', cut);
  take(head);
  server.emit('request', request, response);
}
