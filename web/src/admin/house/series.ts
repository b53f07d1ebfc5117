/** What happened in a bucket of time; buckets in which nothing happened are left out. */
export interface Bucket {
  at: string;
  booked: number;
  cancelled: number;
  revenue: string;
}

/** Columns of equal length; times in seconds since 1970. */
export interface PlotSeries {
  times: number[];
  booked: number[];
  /** Seats booked in all by the end of each bucket. */
  total: number[];
}

/** Limit: the service sends 500 buckets at most; a clock that is wrong must not make a million. */
const POINTS_MAX = 1000;

/** Fills the gaps, so that an hour without a sale is seen as one, up to the present. */
export function plotSeries(buckets: Bucket[], bucketSeconds: number, now: Date): PlotSeries {
  const series: PlotSeries = { times: [], booked: [], total: [] };
  const sorted = buckets.map((bucket) => ({ ...bucket, start: seconds(bucket.at) }));
  sorted.sort((a, b) => a.start - b.start);
  const [first] = sorted;
  const last = sorted.at(-1);
  if (!first || !last || !(bucketSeconds > 0)) return series;
  const byStart = new Map(sorted.map((bucket) => [bucket.start, bucket]));
  const end = Math.max(last.start, now.getTime() / 1000 - bucketSeconds);
  let total = 0;
  // One empty bucket first: the line begins at nothing.
  for (let at = first.start - bucketSeconds; at <= end; at += bucketSeconds) {
    if (series.times.length === POINTS_MAX) break;
    const bucket = byStart.get(at);
    total += (bucket?.booked ?? 0) - (bucket?.cancelled ?? 0);
    series.times.push(at);
    series.booked.push(bucket?.booked ?? 0);
    series.total.push(total);
  }
  return series;
}

/** How a person calls the buckets' length. */
export function bucketName(bucketSeconds: number): string {
  const [size, name] = UNITS.find(([size]) => bucketSeconds % size === 0) ?? [1, "second"];
  const n = bucketSeconds / size;
  return n === 1 ? name : `${n} ${name}s`;
}

const UNITS: [seconds: number, name: string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
];

function seconds(at: string): number {
  return Math.round(Date.parse(at) / 1000);
}
