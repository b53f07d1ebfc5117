import { connect } from "node:net";

/** Empties the Redis that the service under test uses. */
export async function flushRedis(): Promise<void> {
  const answer = await send("FLUSHALL");
  if (!answer.startsWith("+OK")) throw new Error(`Redis says ${answer}`);
}

/** Has a hold's time be over now: the service finds it due, as it would later. */
export async function endHold(eventId: string, holdId: string): Promise<void> {
  const answer = await send("ZADD", `holdfast:{${eventId}}:deadlines`, "XX", "0", holdId);
  if (!answer.startsWith(":")) throw new Error(`Redis says ${answer}`);
}

async function send(...words: string[]): Promise<string> {
  const path = process.env["REDIS_URL"]?.replace(/^redis\+unix:\/\//, "") ?? "";
  const socket = connect(path);
  const command = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (data) => resolve(data.toString()));
    socket.write(`*${words.length}\r\n${command}`);
  });
  socket.end();
  return answer;
}
