import { z } from "zod";
import { admissionSchema, clientsSchema } from "../fleet/admission/settings.ts";
import { churnSchema } from "../fleet/churn/settings.ts";
import { coldStartSchema, policySchema, routerSchema } from "../fleet/settings.ts";
import { objectivesSchema } from "./objectives.ts";
import { pricesSchema } from "./prices.ts";
import { replicaSchema } from "../replica/settings.ts";
import { trafficSchema } from "../traffic/schema.ts";

/**
 * What the user writes: traffic, model, device, replica settings, fleet policy and objectives. YAML or JSON. Every field left
 * out has a default here, and a default that shapes the answer is listed with it as *assumed*.
 */
export const SCENARIO_SCHEMA = "ballast.scenario/1";

const manifestsSchema = z
  .strictObject({
    file: z.string().min(1),
    autoscaler: z.string().optional().meta({ description: "Which of several, as HorizontalPodAutoscaler/name or the name alone" }),
    workload: z.string().optional().meta({ description: "Which of several, as Deployment/name or the name alone" }),
    container: z.string().optional().meta({ description: "The server's, where the pod has several" }),
  })
  .meta({ description: "Kubernetes manifests: the autoscaler is the policy, the workload says how the servers run" });

export const scenarioSchema = z
  .strictObject({
    schema: z.literal(SCENARIO_SCHEMA).default(SCENARIO_SCHEMA),
    name: z.string().min(1).default("scenario"),
    seed: z.int().min(0).default(42),
    traffic: trafficSchema,
    model: z.string().min(1).meta({ description: "A built-in model's name, or a path to a Hugging Face config.json" }),
    device: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "A profile: a path, or <device>/<condition> below results/; the newest run by default" }),
    replica: replicaSchema,
    cold_start: coldStartSchema,
    router: routerSchema,
    admission: admissionSchema.optional().meta({ description: "What stands in front of the fleet; default: nothing" }),
    clients: clientsSchema.optional().meta({ description: "How clients behave; by default they wait for ever, and do not try again" }),
    manifests: manifestsSchema.optional(),
    ...churnSchema.shape,
    policy: policySchema.optional().meta({ description: "What `simulate` runs; that of the manifests by default. `plan` searches" }),
    prices: pricesSchema.optional().meta({ description: "Without them, only GPU-hours are counted" }),
    objectives: objectivesSchema,
  })
  .meta({ id: "Scenario", title: "Ballast scenario, version 1" });
export type Scenario = z.infer<typeof scenarioSchema>;
