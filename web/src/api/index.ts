export { connect, dataOf, type Api, type Tokens } from "./client";
export { ProblemError, type Problem, type ProblemCode } from "./problem";
export type { components } from "./schema";
export { fetchUnlessSilent } from "./silence";
