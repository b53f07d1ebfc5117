import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { ADMIN_EMAIL, ADMIN_PASSWORD, PROGRAM, settings } from "./settings";

const ADDRESS = /serving.*address=(\S+:\d+)/;

/** A running `holdfast serve`. */
export class Service {
  private constructor(
    readonly origin: string,
    private readonly process: ChildProcess,
  ) {}

  /** Started again with the same port, pages that are open reach it again. */
  static async start(more: Record<string, string> = {}): Promise<Service> {
    return Service.run(PROGRAM, ["serve"], more);
  }

  /** With empty stores of its own, and the administrator: what it does, no other service does. */
  static async startAlone(more: Record<string, string> = {}): Promise<Service> {
    const script = '"$0" admin create --email "$1" --name "Test admin" && exec "$0" serve';
    const args = ["with-stores", "--", "bash", "-c", script, PROGRAM, ADMIN_EMAIL];
    return Service.run(PROGRAM, args, { HOLDFAST_ADMIN_PASSWORD: ADMIN_PASSWORD, ...more });
  }

  private static async run(
    program: string,
    args: string[],
    more: Record<string, string>,
  ): Promise<Service> {
    const bind = `127.0.0.1:${await freePort()}`;
    const child = spawn(program, args, {
      env: settings({ RUST_LOG: "info", NO_COLOR: "1", HOLDFAST_BIND: bind, ...more }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Service(`http://${await addressOf(child)}`, child);
  }

  get port(): string {
    return new URL(this.origin).port;
  }

  /** As an operator stops it: what runs is finished. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** As a crash ends it. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
  }
}

/**
 * Below those that the system gives to outgoing connections: nobody takes it before the service, or
 * while that one is started again.
 */
async function freePort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 20_000);
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return port;
  } catch {
    return freePort();
  } finally {
    server.close();
  }
}

/** Answers where the service listens; fails with its log when it ends instead. */
async function addressOf(child: ChildProcess): Promise<string> {
  let log = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      if (log.length < 20_000) log += chunk.toString();
      const address = ADDRESS.exec(log)?.[1];
      if (address) resolve(address);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => reject(new Error(`the service ended:\n${log}`)));
  });
}
