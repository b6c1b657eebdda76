/** A network of our own on the loopback device: an address for each machine of docs/operations, and free ports for the documented ones. */
import { createServer } from 'node:net';

export type Network = {
  /** Of a machine that docs/operations calls `10.20.0.NUMBER`. */
  address(machine: number): string;
  /** What is used for a documented port. */
  port(documented: number): number;
  /** Addresses and ports as they are here. */
  translate(text: string): string;
  /** What runs a command on a machine, where that is one apart; as a user without rights, if nothing else is said. */
  within?(machine: number, command: string, args: readonly string[], asRoot?: boolean): Command;
};

export type Command = { command: string; args: readonly string[] };

/** etcd for clients and for each other, PostgreSQL, Patroni's API. */
const PORTS = [2379, 2380, 5432, 8008];

export async function openNetwork(): Promise<Network> {
  const prefix = `127.${16 + Math.floor(Math.random() * 200)}.${Math.floor(Math.random() * 256)}`;
  const ports = new Map<number, number>();
  for (const documented of PORTS) ports.set(documented, await freePort());
  const port = (documented: number) => ports.get(documented) ?? documented;
  return {
    address: (machine) => `${prefix}.${machine}`,
    port,
    translate: (text) =>
      text
        // Whoever connects within the loopback device comes from 127.0.0.1.
        .replaceAll('10.20.0.0/24', '127.0.0.0/8')
        .replaceAll('10.20.0.', `${prefix}.`)
        .replace(/(?<=:|port )\d{4}\b/g, (found) => String(port(Number(found)))),
  };
}

/** On every address. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
