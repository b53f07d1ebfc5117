/** What somebody starts from who starts from nothing: small, and with a part of each kind. */
export const FIRST_TEMPLATE = `# A hall with an aisle. Lengths are metres; the stage is at the top, at [0, 0].
format_version: 1
name: Village hall
time_zone: ${Intl.DateTimeFormat().resolvedOptions().timeZone}
focal_point: [0, 0]

categories:
  - {key: near, name: Near, colour: "#d55e00"}
  - {key: far, name: Far, colour: "#0072b2"}

figures:
  - {kind: stage, name: Stage, at: [0, -1.5], rectangle: [8, 3]}

sections:
  - key: HALL
    name: Hall
    at: [0, 3]
    rows:
      - {labels: A-C, seats: [5, 5], category: near}
      - {labels: D-H, seats: [6, 6], category: far, gap_before: 0.6}
    marks:
      - {rows: D, numbers: [1, 12], flags: [accessible]}
      - {rows: D, numbers: [2, 11], flags: [companion]}
`;
