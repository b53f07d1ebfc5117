import { nameOfSeat, type Plan, type PlanSeat } from "../../seat-map";
import { nameSeats, nameWithoutPlan, type NamedSeat } from "../texts/seats";

interface ToldSeat {
  seat: string;
  section: string;
  row: string;
  number: string;
}

/** The parts of a seat's name, as the plan has it. */
export function partsOf(seat: PlanSeat): NamedSeat {
  const noun = seat.section.kind === "general_admission" ? "place" : "seat";
  const tail = `, ${noun} ${seat.number}`;
  return { where: nameOfSeat(seat).slice(0, -tail.length), noun, number: seat.number };
}

/** Names seats by the plan, else by what the service told of them, else by their labels. */
export function namesOf(labels: string[], plan?: Plan, told: ToldSeat[] = []): string {
  const named: NamedSeat[] = [];
  const bare: string[] = [];
  for (const label of labels) {
    const planned = plan?.byLabel.get(label);
    const known = told.find(({ seat }) => seat === label);
    if (planned) named.push(partsOf(planned));
    else if (known) named.push(nameWithoutPlan(known));
    else bare.push(label);
  }
  return [nameSeats(named), ...bare].filter((text) => text !== "").join(", ");
}
