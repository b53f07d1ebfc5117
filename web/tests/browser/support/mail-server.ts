import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Speaks as much SMTP as mails need. It refuses an address for good the first time it is named. */
export class MailServer {
  /** `Message-ID`s of what was taken, by address. */
  readonly taken = new Map<string, string[]>();
  readonly #refusing: RegExp;
  readonly #refused = new Set<string>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(refusing: RegExp) {
    this.#refusing = refusing;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** @param refusing addresses that are refused once. */
  static async start(refusing: RegExp): Promise<MailServer> {
    const mails = new MailServer(refusing);
    await new Promise<void>((done) => mails.#server.listen(0, "127.0.0.1", done));
    return mails;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    let [text, to, isData] = ["", "", false];
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 mails.test");
    socket.on("data", (chunk) => {
      text += chunk.toString();
      for (;;) {
        const end = text.indexOf(isData ? "\r\n.\r\n" : "\r\n");
        if (end < 0) return;
        const said = text.slice(0, end);
        text = text.slice(end + (isData ? 5 : 2));
        if (isData) {
          isData = false;
          this.#take(to, said);
          say("250 taken");
          continue;
        }
        const [, address] = /^RCPT TO:<(.*)>/i.exec(said) ?? [];
        if (address) to = address;
        isData = /^DATA/i.test(said);
        say(isData ? "354 go on" : this.#answer(said, address));
        if (/^QUIT/i.test(said)) socket.end();
      }
    });
  }

  #answer(said: string, address: string | undefined): string {
    if (/^EHLO/i.test(said)) return "250 mails.test";
    if (!address || !this.#refusing.test(address) || this.#refused.has(address)) return "250 ok";
    this.#refused.add(address);
    return "550 no such mailbox here";
  }

  #take(to: string, mail: string): void {
    const id = /^Message-ID: (.*)$/im.exec(mail)?.[1]?.trim() ?? "";
    this.taken.set(to, [...(this.taken.get(to) ?? []), id]);
  }
}
