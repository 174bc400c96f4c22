import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { lazily } from "./lazily.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { graphiqlPolicy, pagePolicy } from "./security-headers.ts";

/** `/openapi.json` and the API reference at `/docs`. The document is made when somebody first reads it. */
export async function mountApiReference(
  app: FastifyInstance,
  makeDocument: () => OpenApiDocument,
): Promise<void> {
  const document = lazily(makeDocument);
  const text = lazily(() => JSON.stringify(document()));
  app.get("/openapi.json", (_request, reply) => {
    reply.type("application/json").serializer(String).send(text());
  });
  await app.register(swagger, { mode: "static", specification: { document: {} } } as never);
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    uiConfig: { docExpansion: "list", deepLinking: true },
    staticCSP: true,
    transformStaticCSP: pagePolicy,
    transformSpecification: document,
    transformSpecificationClone: false,
  });
}

/** GraphiQL from a content delivery network: it is for development, and not worth a dependency. */
export function mountGraphiql(app: FastifyInstance): void {
  app.get("/graphiql", (_request, reply) => {
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", graphiqlPolicy)
      .send(graphiqlPage);
  });
}

const graphiqlPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<title>Dealwright GraphiQL</title>
<link rel="stylesheet" href="https://unpkg.com/graphiql@3.8.3/graphiql.min.css" />
<body style="margin: 0"><div id="graphiql" style="height: 100vh"></div>
<script src="https://unpkg.com/react@18.3.1/umd/react.production.min.js"></script>
<script src="https://unpkg.com/react-dom@18.3.1/umd/react-dom.production.min.js"></script>
<script src="https://unpkg.com/graphiql@3.8.3/graphiql.min.js"></script>
<script>
  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
      defaultHeaders: JSON.stringify({ Authorization: "Bearer <your API key>" }, null, 2),
      defaultQuery: "{\\n  project {\\n    key\\n    name\\n  }\\n}\\n",
      shouldPersistHeaders: false,
    }),
  );
</script>
</body>
</html>
`;
