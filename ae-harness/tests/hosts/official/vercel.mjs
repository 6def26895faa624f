// The operations of the deployer, with the official client.
export const packageName = "@vercel/sdk";

export function operations({ Vercel }, serverURL, sha1) {
  const vercel = new Vercel({ bearerToken: "simulated-vercel-token", serverURL });
  const teamId = "team_Simulated";
  const idOrName = "prj_Simulated00000001";
  const [first, second, failed] = [2, 3, 4].map((number) => `dpl_Simulated0000000${number}`);
  const domain = "csv-tidy.example";
  // Those of the test's key and files.
  const key = "ae1_60b508f1877e37539881fc17705c0bd0050c88450ed84056c27da1b2a7467616";
  const release = "1b7a469a5a94d80a";
  const page = "<!doctype html><title>Site</title><p>one";
  return {
    team: () => vercel.teams.getTeam({ teamId }),
    createProject: () =>
      vercel.projects.createProject({
        teamId,
        requestBody: {
          name: "csv-tidy",
          environmentVariables: [
            { key: "AE_SITE", value: "csv-tidy", type: "plain", target: ["production", "preview"] },
          ],
        },
      }),
    project: () => vercel.projects.getProject({ idOrName: "csv-tidy", teamId }),
    projectById: () => vercel.projects.getProject({ idOrName, teamId }),
    variables: () => vercel.projects.filterProjectEnvs({ idOrName, teamId }),
    deleteProject: () => vercel.projects.deleteProject({ idOrName, teamId }),
    domains: () =>
      vercel.projects.getProjectDomains({ idOrName, production: "true", redirects: "false", teamId }),
    addDomain: () => vercel.projects.addProjectDomain({ idOrName, teamId, requestBody: { name: domain } }),
    domain: () => vercel.projects.getProjectDomain({ idOrName, domain, teamId }),
    verifyDomain: () => vercel.projects.verifyProjectDomain({ idOrName, domain, teamId }),
    domainConfig: () => vercel.domains.getDomainConfig({ domain, teamId }),
    setEnv: () =>
      vercel.projects.createProjectEnv({
        idOrName,
        upsert: "true",
        teamId,
        requestBody: [
          { key: "GREETING", value: "hello", type: "plain", target: ["production"] },
          { key: "SITE_KEY", value: "a-private-key", type: "sensitive", target: ["production"] },
        ],
      }),
    upload: () =>
      vercel.deployments.uploadFile({
        xVercelDigest: sha1(page),
        contentLength: page.length,
        teamId,
        requestBody: new TextEncoder().encode(page),
      }),
    create: () =>
      vercel.deployments.createDeployment({
        forceNew: "1",
        skipAutoDetectionConfirmation: "1",
        teamId,
        requestBody: {
          name: "csv-tidy",
          project: idOrName,
          target: "production",
          files: [
            { file: "public/index.html", sha: sha1(page), size: page.length },
            { file: "public/.well-known/ae-release", sha: sha1(`${release}\n`), size: release.length + 1 },
            // Not compared: the settings have tests of their own.
            { file: "vercel.json", sha: "0", size: 0 },
          ],
          projectSettings: {
            framework: null,
            buildCommand: null,
            devCommand: null,
            installCommand: null,
            outputDirectory: "public",
          },
          meta: {
            ae_key: key,
            ae_release: release,
            ae_site: "csv-tidy",
            ae_target: "production",
            ae_url: "https://csv-tidy.example/",
          },
        },
      }),
    deployment: () => vercel.deployments.getDeployment({ idOrUrl: first, teamId }),
    deployments: () => vercel.deployments.getDeployments({ projectId: idOrName, limit: 100, teamId }),
    log: () =>
      vercel.deployments.getDeploymentEvents({
        idOrUrl: failed,
        builds: 1,
        direction: "forward",
        limit: -1,
        teamId,
      }),
    promote: () => vercel.projects.requestPromote({ projectId: idOrName, deploymentId: second, teamId }),
    rollBack: () => vercel.projects.requestRollback({ projectId: idOrName, deploymentId: first, teamId }),
  };
}
