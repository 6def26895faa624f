// The operations of the deployer, with the official client.
export const packageName = "@netlify/api";

export function operations({ NetlifyAPI }, base, sha1) {
  const { host } = new URL(base);
  const netlify = new NetlifyAPI("simulated-netlify-token", { scheme: "http", host, pathPrefix: "/api/v1" });
  const account_slug = "simulated";
  const site_id = "site-simulated-000001";
  const first = "deploy-simulated-000002";
  // Those of the test's key and files.
  const key = "ae1_60b508f1877e37539881fc17705c0bd0050c88450ed84056c27da1b2a7467616";
  const release = "cbc117d504dae5b0";
  const page = "<!doctype html><title>Site</title><p>one";
  return {
    accounts: () => netlify.listAccountsForUser(),
    sites: () => netlify.listSitesForAccount({ account_slug, name: "csv-tidy", per_page: 100 }),
    createSite: () =>
      netlify.createSiteInTeam({ account_slug, body: { name: "csv-tidy", session_id: "ae:csv-tidy" } }),
    site: () => netlify.getSite({ site_id }),
    deleteSite: () => netlify.deleteSite({ site_id }),
    create: () =>
      netlify.createSiteDeploy({
        site_id,
        title: `${key} ${release} production https://csv-tidy.example/`,
        body: {
          draft: false,
          files: {
            "assets/a b.html": sha1(page),
            "index.html": sha1(page),
            ".well-known/ae-release": sha1(`${release}\n`),
            // Not compared: the headers have tests of their own.
            _headers: "0",
          },
        },
      }),
    upload: () => netlify.uploadDeployFile({ deploy_id: first, path: "assets/a b.html", body: page }),
    deploy: () => netlify.getSiteDeploy({ site_id, deploy_id: first }),
    deploys: () => netlify.listSiteDeploys({ site_id, page: 1, per_page: 100 }),
    restore: () => netlify.restoreSiteDeploy({ site_id, deploy_id: first }),
  };
}
