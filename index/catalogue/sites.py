"""Tables of sites: which addresses belong together, and what curators call them. Data only; `publishers` reads it."""

from typing import Final

#: Names, not domains, that curators write before a title, in lower case: `medium: …`, `Dzone refcard: …`; each with the
#: sites that it means. No names of products: `Helm: the package manager` is a title.
BRANDS: Final[dict[str, tuple[str, ...]]] = {
    "dzone": ("dzone.com",),
    "forbes": ("forbes.com",),
    "github": ("github.com", "github.blog", "github.io"),
    "hackernoon": ("hackernoon.com",),
    "infoq": ("infoq.com",),
    "learnk8s": ("learnk8s.io",),
    "linkedin": ("linkedin.com",),
    "medium": ("medium.com",),
    "nixcraft": ("cyberciti.biz",),
    "reddit": ("reddit.com",),
    "sdtimes": ("sdtimes.com",),
    "slideshare": ("slideshare.net",),
    "speakerdeck": ("speakerdeck.com",),
    "stackoverflow": ("stackoverflow.com", "stackoverflow.blog"),
    "tecmint": ("tecmint.com",),
    "thenewstack": ("thenewstack.io",),
    "udemy": ("udemy.com",),
    "weaveworks": ("weave.works",),
    "wikipedia": ("wikipedia.org",),
    "youtube": ("youtube.com",),
    "zdnet": ("zdnet.com",),
}

#: Words that may follow a brand: `youtube playlist: …`.
BRAND_SUFFIXES: Final = frozenset(
    {
        "blog", "channel", "discussion", "gist", "issue", "playlist", "pr", "pulse", "refcard", "refcardz", "repo",
        "video", "videos", "webinar",
    }
)  # fmt: skip

#: Sites of one owner, or with the same articles: a link may move to another site of its family.
FAMILIES: Final[tuple[tuple[str, ...], ...]] = (
    (
        "medium.com", "betterprogramming.pub", "bytebytego.com", "codeburst.io", "devgenius.io", "faun.dev",
        "faun.pub",
        "freecodecamp.org", "gitconnected.com", "itnext.io", "plainenglish.io", "proandroiddev.com",
        "python.plainenglish.io",
        "towardsaws.com", "towardsdatascience.com", "towardsdev.com", "uxdesign.cc", "hackernoon.com",
    ),
    ("youtube.com", "youtu.be"),
    ("openshift.com", "redhat.com", "okd.io", "ansible.com", "coreos.com", "quay.io", "openshift.io", "jboss.org"),
    ("ibm.com", "ibm.github.io", "ibmcloud.com", "redbooks.ibm.com", "turbonomic.com", "apptio.com"),
    (
        "google.com", "googleblog.com", "withgoogle.com", "goo.gle", "youtube.com", "kaggle.com",
        "go.dev", "golang.org",
    ),
    ("github.com", "github.blog", "github.io", "githubusercontent.com"),
    (
        "microsoft.com", "azure.com", "visualstudio.com", "windows.com", "techcommunity.microsoft.com",
        "dot.net", "asp.net",
    ),
    ("amazon.com", "awsstatic.com", "aws.training", "amazonaws.com", "repost.aws", "aws.dev", "amazon.science"),
    ("learnk8s.io", "learnkube.com"),
    ("containo.us", "traefik.io"),
    ("getambassador.io", "ambassadorlabs.com"),
    ("ovh.com", "ovhcloud.com"),
    ("nginx.com", "f5.com", "nginx.org"),
    ("suse.com", "rancher.com", "rancher.io", "k3s.io"),
    ("weave.works", "weaveworks.com"),
    ("projectcalico.org", "tigera.io"),
    ("stackrox.com", "stackrox.io", "redhat.com"),
    ("cilium.io", "isovalent.com"),
    ("banzaicloud.com", "outshift.com", "cisco.com"),
    ("docker.com", "play-with-docker.com", "mobyproject.org"),
    ("vmware.com", "tanzu.vmware.com", "pivotal.io", "bitnami.com", "broadcom.com", "spring.io"),
    ("hashicorp.com", "terraform.io", "vaultproject.io", "consul.io", "nomadproject.io", "packer.io"),
    ("elastic.co", "elasticsearch.org"),
    ("lightbend.com", "akka.io"),
    ("opensource.com", "redhat.com"),
    ("twitter.com", "x.com", "t.co"),
    ("loft.sh", "vcluster.com"),
    ("techtarget.com", "itprotoday.com", "theserverside.com", "computerweekly.com"),
    ("thundra.io", "catchpoint.com"),
    ("katacoda.com", "oreilly.com"),
    ("acloudguru.com", "acloud.guru", "pluralsight.com", "linuxacademy.com"),
    ("sysdig.com", "falco.org"),
    ("snyk.io", "fugue.co"),
    ("atlassian.com", "bitbucket.org", "trello.com"),
    ("cloudbees.com", "rollout.io", "codeship.com"),
    ("cloudsavvyit.com", "howtogeek.com"),
    ("wordpress.com", "wp.com"),
    # Companies and papers that were renamed or bought, with their articles.
    ("accurics.com", "ermetic.com", "tenable.com"),
    ("armory.io", "overops.com", "harness.io"),
    ("chat.openai.com", "chatgpt.com", "openai.com"),
    ("cloudacademy.com", "qa.com"),
    ("codefresh.io", "octopus.com"),
    ("containerjournal.com", "cloudnativenow.com"),
    ("diagrams.net", "drawio.com"),
    ("eventstore.com", "kurrent.io"),
    ("experitest.com", "digital.ai", "xebialabs.com"),
    ("fiercetelecom.com", "silverliningsinfo.com", "fierce-network.com"),
    ("flant.com", "palark.com"),
    ("getambassador.io", "gravitee.io"),
    ("gravitational.com", "goteleport.com"),
    ("gurock.com", "testrail.com"),
    ("instana.com", "ibm.com"),
    ("jaxenter.com", "devm.io"),
    ("jetstack.io", "venafi.com", "cyberark.com"),
    ("kasten.io", "veeam.com"),
    ("lambdatest.com", "testmuai.com"),
    ("mandiant.com", "google.com"),
    ("msdn.com", "microsoft.com"),
    ("padok.fr", "theodo.com"),
    ("rookout.com", "dynatrace.com"),
    ("serverless-stack.com", "sst.dev"),
    ("serverlessguru.com", "sls.guru"),
    ("slim.ai", "root.io"),
    ("spot.io", "flexera.com"),
    ("talos-systems.com", "siderolabs.com"),
    ("threatstack.com", "f5.com"),
    ("timescale.com", "tigerdata.com"),
    ("trek10.com", "caylent.com"),
    ("victorops.com", "signalfx.com", "replex.io", "splunk.com"),
    ("zeroturnaround.com", "jrebel.com"),
)  # fmt: skip

#: Sites where anybody may publish: the same site does not mean the same author, and an article may be a copy of another's.
PLATFORMS: Final = frozenset(
    {
        "bitbucket.org", "blogspot.com", "dev.to", "docs.google.com", "dzone.com", "github.com", "github.io",
        "drive.google.com", "gitlab.com", "hackernoon.com", "hashnode.dev", "linkedin.com", "medium.com",
        "reddit.com",
        "sites.google.com", "slideshare.net", "speakerdeck.com", "stackoverflow.com", "substack.com",
        "twitter.com", "udemy.com",
        "wikipedia.org", "wordpress.com", "x.com", "youtu.be", "youtube.com",
    }
)  # fmt: skip

#: Platforms that republish whole articles of other sites under the same title.
MIRRORS: Final = frozenset({"dzone.com", "medium.com", "dev.to", "hashnode.dev", "hackernoon.com"})


#: Endings of file names that look like the end of a domain: `Node.js: …`, `values.yaml: …`.
FILE_SUFFIXES: Final = frozenset(
    {"conf", "go", "html", "java", "js", "json", "jsx", "md", "php", "py", "rb", "rs", "toml", "ts", "tsx", "txt",
     "xml", "yaml", "yml"}
)  # fmt: skip

#: Titles that say only what kind of thing a link is, not its subject.
GENERIC_TITLES: Final = frozenset(
    {
        "article", "arxiv", "bib", "bibtex", "blog", "blog post", "book", "click here", "clients", "code", "course",
        "demo", "details", "discussion", "doc", "docs", "documentation", "download", "ebook", "enlace", "epub",
        "example", "examples", "forum", "git", "github", "github repo", "gitlab", "guide", "here", "home",
        "homepage", "html", "info", "introduction", "lien", "link", "live demo", "mobi", "more", "more info",
        "paper", "pdf", "playlist", "podcast", "post", "poster", "presentation", "project", "project page",
        "read more", "readme", "ref", "reference", "repo", "repository", "sample", "samples", "site", "slide",
        "slides", "source", "source code", "sources", "this", "this one", "thread", "tutorial", "tutorials",
        "tweet", "twitter", "video", "videos", "web", "website", "whitepaper", "wiki", "wikipedia", "youtube",
        "ссылка", "リンク", "公式", "官网", "文档", "源码", "演示", "链接",
    }
)  # fmt: skip
