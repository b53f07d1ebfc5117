import { dataOf, type components } from "../../api";
import { RetryKey } from "../parts/retry-key";
import { api } from "../session/session.svelte";

type Schemas = components["schemas"];
export type Endpoint = Schemas["WebhookEndpoint"];
export type NewSecret = Schemas["NewWebhookSecret"];
export type Delivery = Schemas["Delivery"];

export interface EndpointTerms {
  url: string;
  description: string;
  kinds: Schemas["WebhookKind"][];
}

const keys = { create: new RetryKey(), rotate: new RetryKey(), test: new RetryKey() };

export function findEndpoints(after: string | undefined) {
  const query = { ...(after && { after }) };
  return dataOf(api.GET("/v1/webhook-endpoints", { params: { query } }));
}

export function findEndpoint(endpoint_id: string): Promise<Endpoint> {
  const params = { path: { endpoint_id } };
  return dataOf(api.GET("/v1/webhook-endpoints/{endpoint_id}", { params }));
}

/** Sent again after a lost answer, it makes one endpoint, and answers the same secret. */
export function createEndpoint(body: EndpointTerms): Promise<Endpoint & { secret: string }> {
  return keys.create.send(body, (header) =>
    dataOf(api.POST("/v1/webhook-endpoints", { params: { header }, body })),
  );
}

export function changeEndpoint(
  endpoint_id: string,
  body: Partial<EndpointTerms> & { is_enabled?: boolean },
): Promise<Endpoint> {
  const params = { path: { endpoint_id } };
  return dataOf(api.PATCH("/v1/webhook-endpoints/{endpoint_id}", { params, body }));
}

export async function deleteEndpoint(endpoint_id: string): Promise<void> {
  const params = { path: { endpoint_id } };
  await api.DELETE("/v1/webhook-endpoints/{endpoint_id}", { params });
}

export function rotateSecret(endpoint_id: string): Promise<NewSecret> {
  const path = "/v1/webhook-endpoints/{endpoint_id}/rotate-secret";
  return keys.rotate.send(endpoint_id, (header) =>
    dataOf(api.POST(path, { params: { path: { endpoint_id }, header } })),
  );
}

export async function sendTest(endpoint_id: string): Promise<void> {
  const path = "/v1/webhook-endpoints/{endpoint_id}/test";
  await keys.test.send(endpoint_id, (header) =>
    api.POST(path, { params: { path: { endpoint_id }, header } }),
  );
}

export function findDeliveries(endpoint_id: string, after: string | undefined) {
  const params = { path: { endpoint_id }, query: { ...(after && { after }) } };
  return dataOf(api.GET("/v1/webhook-endpoints/{endpoint_id}/deliveries", { params }));
}

/** Under the id that it had: the receiver can tell that it is the same. */
export function replay(endpoint_id: string, delivery_id: string): Promise<Delivery> {
  const params = { path: { endpoint_id, delivery_id } };
  const path = "/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay";
  return dataOf(api.POST(path, { params }));
}

export function findDeadLetters(after: string | undefined) {
  const query = { state: "dead" as const, ...(after && { after }) };
  return dataOf(api.GET("/v1/deliveries", { params: { query } }));
}

export function resend(delivery_id: string): Promise<Delivery> {
  const params = { path: { delivery_id } };
  return dataOf(api.POST("/v1/deliveries/{delivery_id}/resend", { params }));
}
