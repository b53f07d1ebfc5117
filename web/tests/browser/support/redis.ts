import { connect } from "node:net";

/** Empties the Redis that the service under test uses. */
export async function flushRedis(): Promise<void> {
  const path = process.env["REDIS_URL"]?.replace(/^redis\+unix:\/\//, "") ?? "";
  const socket = connect(path);
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (data) => resolve(data.toString()));
    socket.write("FLUSHALL\r\n");
  });
  socket.end();
  if (!answer.startsWith("+OK")) throw new Error(`Redis says ${answer}`);
}
